import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { bytesToHex, type Hex } from './bytes.ts'
import { keccak256, recoverAddress, secretKeyToAddress, signDigest } from './secp256k1.ts'

const secretKey = Uint8Array.from({ length: 32 }, (_, index) => 200 - index)
const digest = keccak256(Uint8Array.of(1, 2, 3))

describe('secp256k1', () => {
  it('agrees with viem on address and signature', async () => {
    const account = privateKeyToAccount(bytesToHex(secretKey))
    expect(secretKeyToAddress(secretKey)).toBe(account.address.toLowerCase())
    expect(signDigest(digest, secretKey)).toBe(await account.sign({ hash: bytesToHex(digest) }))
    expect(recoverAddress(digest, signDigest(digest, secretKey))).toBe(secretKeyToAddress(secretKey))
  })

  it('accepts recovery ids 0 and 1 as well as 27 and 28', () => {
    const signature = signDigest(digest, secretKey)
    const short = `${signature.slice(0, -2)}${signature.endsWith('1b') ? '00' : '01'}` as Hex
    expect(recoverAddress(digest, short)).toBe(secretKeyToAddress(secretKey))
  })

  it('refuses malformed, high-s and out-of-range signatures', () => {
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const signature = signDigest(digest, secretKey)
    const s = BigInt(`0x${signature.slice(66, 130)}`)
    const highS =
      `${signature.slice(0, 66)}${(n - s).toString(16).padStart(64, '0')}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
    for (const bad of ['0x', '0x1234', `${signature.slice(0, -2)}05`, highS, `0x${'00'.repeat(65)}`] as Hex[]) {
      expect(() => recoverAddress(digest, bad)).toThrow(/malformed/)
    }
  })
})
