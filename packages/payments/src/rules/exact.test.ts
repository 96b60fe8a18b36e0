import { readFileSync } from 'node:fs'
import { type Address, bytesToHex, type Hex, hexToBytes, recoverAddress, signDigest } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import {
  authorizationDigest,
  authorizationObjection,
  channelKey,
  depositNonceOf,
  exactKey,
  timeObjection,
  type UnsignedTransfer,
  upToKey,
} from './exact.ts'

type Vectors = {
  readonly authorizations: readonly (Record<
    'name' | 'version' | 'value' | 'validAfter' | 'validBefore' | 'kind',
    string
  > &
    Record<'token' | 'from' | 'to' | 'nonce' | 'digest' | 'signature' | 'secretKey' | 'exactKey' | 'upToKey', Hex> & {
      readonly chainId: number
    })[]
  readonly channels: readonly {
    channelId: Hex
    maxClaimableAmount: string
    salt: Hex
    channelKey: Hex
    depositNonce: Hex
  }[]
  readonly times: readonly { nowSeconds: string; validAfter: string; validBefore: string; objection: string | null }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/exact.json', import.meta.url), 'utf8'),
) as Vectors

describe('specs/vectors/exact.json', () => {
  it('has the digests and signatures of viem, and the keys', () => {
    expect(vectors.authorizations).toHaveLength(8)
    for (const vector of vectors.authorizations) {
      const { token, from, to, nonce, name, version, chainId, kind } = vector
      const unsigned: UnsignedTransfer = {
        ...{ token, from, to, nonce },
        valueAtomic: BigInt(vector.value),
        validAfter: BigInt(vector.validAfter),
        validBefore: BigInt(vector.validBefore),
      }
      const digest = authorizationDigest(unsigned, { name, version }, chainId, kind as 'transfer' | 'receive')
      expect(bytesToHex(digest)).toBe(vector.digest)
      expect(recoverAddress(digest, vector.signature)).toBe(from)
      expect(signDigest(digest, hexToBytes(vector.secretKey))).toBe(vector.signature)
      expect(exactKey(token, from, nonce)).toBe(vector.exactKey)
      expect(upToKey(token, from, BigInt(nonce))).toBe(vector.upToKey)
    }
  })

  it('has the keys of channels and the nonces of deposits', () => {
    for (const vector of vectors.channels) {
      expect(channelKey(vector.channelId, BigInt(vector.maxClaimableAmount))).toBe(vector.channelKey)
      expect(depositNonceOf(vector.channelId, vector.salt)).toBe(vector.depositNonce)
    }
  })

  it('has the edges of the window of time', () => {
    for (const { nowSeconds, validAfter, validBefore, objection } of vectors.times) {
      const times = { validAfter: BigInt(validAfter), validBefore: BigInt(validBefore) }
      expect(timeObjection(times, BigInt(nowSeconds)) ?? null).toBe(objection)
    }
  })
})

describe('authorizationObjection', () => {
  it('names what differs', () => {
    const address = (byte: string) => `0x${byte.repeat(20)}` as Address
    const unsigned: UnsignedTransfer = {
      token: address('aa'),
      from: address('bb'),
      to: address('cc'),
      valueAtomic: 5n,
      validAfter: 0n,
      validBefore: 1n,
      nonce: `0x${'11'.repeat(32)}`,
    }
    const asked = { token: address('aa'), payTo: address('cc'), amountAtomic: 5n }
    expect(authorizationObjection(unsigned, asked)).toBeUndefined()
    expect(authorizationObjection(unsigned, { ...asked, token: address('dd') })).toBe('token')
    expect(authorizationObjection(unsigned, { ...asked, payTo: address('dd') })).toBe('payee')
    expect(authorizationObjection(unsigned, { ...asked, amountAtomic: 4n })).toBe('amount')
    expect(authorizationObjection(unsigned, { ...asked, amountAtomic: 6n })).toBe('amount')
  })
})
