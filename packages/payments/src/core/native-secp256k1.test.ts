import { bytesToHex, hexToBytes } from '@koinon/base'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadNativeSecp256k1, nobleSecp256k1, type Secp256k1Engine, secp256k1Engine } from './native-secp256k1.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const secrets = fc.bigInt(1n, order - 1n).map((key) => hexToBytes(`0x${key.toString(16).padStart(64, '0')}`))
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })

/** Machines without a prebuilt binary still run every other test of this file. */
const native = loadNativeSecp256k1()

describe('secp256k1', () => {
  it('runs natively where a prebuilt binary loads', () => {
    expect(secp256k1Engine.name).toBe(native === undefined ? 'noble' : 'native')
  })

  it.runIf(native !== undefined)('gives the same bytes natively and in JavaScript', () => {
    fc.assert(
      fc.property(secrets, digests, (secret, digest) => {
        const engine = native as Secp256k1Engine
        const signature = engine.sign(digest, secret)
        expect(signature).toBe(nobleSecp256k1.sign(digest, secret))
        const address = nobleSecp256k1.addressOf(secret)
        expect(engine.addressOf(secret)).toBe(address)
        expect(engine.recover(digest, signature)).toBe(address)
        expect(nobleSecp256k1.recover(digest, signature)).toBe(address)
      }),
      { numRuns: 100 },
    )
  })

  const engines = [nobleSecp256k1, ...(native === undefined ? [] : [native])]
  describe.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, engine) => {
    const secret = hexToBytes(`0x${'07'.repeat(32)}`)
    const digest = hexToBytes(`0x${'55'.repeat(32)}`)
    const good = engine.sign(digest, secret)

    it('refuses a high s, which would be a second signature for the same voucher', () => {
      const s = BigInt(`0x${good.slice(66, 130)}`)
      const flipped = `0x${good.slice(2, 66)}${(order - s).toString(16).padStart(64, '0')}${good.endsWith('1b') ? '1c' : '1b'}`
      expect(() => engine.recover(digest, flipped as `0x${string}`)).toThrow('malformed')
    })

    it('tells signers apart, however often each of them signs', () => {
      const keys = ['01', '02', '03'].map((byte) => hexToBytes(`0x${byte.repeat(32)}`))
      for (let round = 0; round < 3; round++) {
        for (const key of keys)
          expect(engine.recover(digest, engine.sign(digest, key))).toBe(nobleSecp256k1.addressOf(key))
      }
    })

    it.each([
      ['nothing', '0x'],
      ['64 bytes', good.slice(0, -2)],
      ['66 bytes', `${good}00`],
      ['a recovery id of 2', `${good.slice(0, -2)}1d`],
      ['zeros', `0x${'00'.repeat(64)}1b`],
      ['r beyond the order', `0x${'ff'.repeat(32)}${good.slice(66)}`],
      ['no hex', 'signature'],
    ])('refuses %s', (_name, signature) => {
      expect(() => engine.recover(digest, signature as `0x${string}`)).toThrow('malformed')
    })

    it('takes recovery ids 0 and 1 as well as 27 and 28', () => {
      const low = `${good.slice(0, -2)}${good.endsWith('1b') ? '00' : '01'}` as `0x${string}`
      expect(engine.recover(digest, low)).toBe(engine.addressOf(secret))
    })

    it('refuses secret keys and digests that are none', () => {
      expect(() => engine.sign(digest, new Uint8Array(32))).toThrow('not valid')
      expect(() => engine.sign(digest, new Uint8Array(31).fill(1))).toThrow('not valid')
      expect(() => engine.sign(digest.subarray(1), secret)).toThrow('not valid')
      expect(() => engine.addressOf(new Uint8Array(32).fill(255))).toThrow('not valid')
    })

    it('recovers another account for another digest', () => {
      const other = hexToBytes(`0x${'56'.repeat(32)}`)
      expect(engine.recover(other, good)).not.toBe(engine.addressOf(secret))
      expect(bytesToHex(other)).not.toBe(bytesToHex(digest))
    })
  })
})
