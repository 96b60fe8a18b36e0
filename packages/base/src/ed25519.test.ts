import { describe, expect, it } from 'vitest'
import { createSessionSigner, verifySession } from './ed25519.ts'
import { sha256Portable } from './hash.ts'
import { createNativeSessionSigner, verifySessionNative } from './node/ed25519.ts'
import { sha256Native } from './node/hash.ts'

const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
const message = sha256Portable(Uint8Array.of(1, 2, 3))

describe('portable and native session signatures', () => {
  it('are the same bytes, and each verifies the other', () => {
    const portable = createSessionSigner(seed)
    const native = createNativeSessionSigner(seed)
    expect(native.publicKey).toBe(portable.publicKey)
    expect(native.sign(message)).toBe(portable.sign(message))
    for (const verify of [verifySession, verifySessionNative]) {
      expect(verify(portable.publicKey, message, portable.sign(message))).toBe(true)
      expect(verify(portable.publicKey, sha256Portable(message), portable.sign(message))).toBe(false)
      expect(verify(portable.publicKey, message, '0x00')).toBe(false)
      expect(verify('0x12', message, portable.sign(message))).toBe(false)
      // A small-order public key would accept a forged signature under lax rules.
      expect(verify(`0x01${'00'.repeat(31)}`, message, `0x01${'00'.repeat(63)}`)).toBe(false)
    }
  })
})

describe('sha256Native', () => {
  it('equals the portable hash', () => expect(new Uint8Array(sha256Native(message))).toEqual(sha256Portable(message)))
})
