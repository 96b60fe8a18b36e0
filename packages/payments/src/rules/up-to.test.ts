import { readFileSync } from 'node:fs'
import { type Address, bytesToHex, type Hex, hexToBytes, signDigest } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import {
  allowanceDigest,
  nonceBit,
  permit2Address,
  settlementDigest,
  upToDigest,
  upToObjection,
  upToProxyAddress,
} from './up-to.ts'

type Vectors = {
  readonly permit2: Address
  readonly proxy: Address
  readonly payments: readonly (Record<'token' | 'from' | 'to' | 'facilitator', Address> &
    Record<'nonce' | 'secretKey' | 'digest' | 'signature', Hex> &
    Record<'amount' | 'validAfter' | 'deadline' | 'word' | 'bit', string> & {
      readonly chainId: number
      readonly permit: { name: string; version: string; nonce: string; digest: Hex; signature: Hex }
    })[]
}

const { permit2, proxy, payments } = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/upto.json', import.meta.url), 'utf8'),
) as Vectors

const unsignedOf = ({ token, from, to, facilitator, amount, validAfter, deadline, nonce }: Vectors['payments'][0]) => ({
  ...{ token, from, to, facilitator, nonce },
  maximumAtomic: BigInt(amount),
  valueAtomic: BigInt(amount),
  validAfter: BigInt(validAfter),
  validBefore: BigInt(deadline),
})

describe('specs/vectors/upto.json', () => {
  it('has the addresses, the digests and the signatures of viem, and the places of nonces', () => {
    expect([permit2, proxy]).toEqual([permit2Address, upToProxyAddress])
    expect(payments).toHaveLength(4)
    for (const vector of payments) {
      const unsigned = unsignedOf(vector)
      const secretKey = hexToBytes(vector.secretKey)
      const digest = upToDigest(unsigned, vector.chainId)
      expect(bytesToHex(digest)).toBe(vector.digest)
      expect(signDigest(digest, secretKey)).toBe(vector.signature)
      const { permit } = vector
      const times = { nonce: BigInt(permit.nonce), deadline: unsigned.validBefore }
      const allowance = allowanceDigest(unsigned, times, permit, vector.chainId)
      expect(bytesToHex(allowance)).toBe(permit.digest)
      expect(signDigest(allowance, secretKey)).toBe(permit.signature)
      expect(nonceBit(vector.nonce)).toEqual({ word: BigInt(vector.word), bit: BigInt(vector.bit) })
    }
  })
})

describe('a payment up to a ceiling', () => {
  const [vector] = payments as [Vectors['payments'][0]]
  const unsigned = unsignedOf(vector)

  it('is signed whatever it comes to, and is another settlement for every amount', () => {
    const digest = upToDigest(unsigned, vector.chainId)
    expect(upToDigest({ ...unsigned, valueAtomic: 0n }, vector.chainId)).toEqual(digest)
    expect(settlementDigest(digest, 1n)).not.toBe(settlementDigest(digest, 2n))
  })

  it('is for one token, payee and ceiling', () => {
    const asked = { token: unsigned.token, payTo: unsigned.to, maximumAtomic: unsigned.maximumAtomic }
    expect(upToObjection(unsigned, asked)).toBeUndefined()
    expect(upToObjection(unsigned, { ...asked, token: unsigned.to })).toBe('token')
    expect(upToObjection(unsigned, { ...asked, payTo: unsigned.token })).toBe('payee')
    expect(upToObjection(unsigned, { ...asked, maximumAtomic: asked.maximumAtomic + 1n })).toBe('amount')
  })
})
