/** specs/vectors/delegation.json, made with @metamask/smart-accounts-kit 2.0.0. */
import { readFileSync } from 'node:fs'
import { type Address, type Hex, hexToBytes, signDigest } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { type Caveat, delegatedDepositSalt, delegationDigest, delegationHash, rootAuthority } from './delegation.ts'

type Vectors = {
  readonly chainId: number
  readonly manager: Address
  readonly delegations: readonly (Record<'delegate' | 'delegator', Address> &
    Record<'authority' | 'signature' | 'hash' | 'secretKey', Hex> & { caveats: readonly Caveat[]; salt: string })[]
  readonly deposit: { channelId: Hex; amount: string; nonce: Hex; salt: string }
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/delegation.json', import.meta.url), 'utf8'),
) as Vectors

describe('specs/vectors/delegation.json', () => {
  it('has the hashes and signatures of the kit', () => {
    expect(vectors.delegations).toHaveLength(2)
    for (const { hash, secretKey, salt, signature, ...rest } of vectors.delegations) {
      const unsigned = { ...rest, salt: BigInt(salt) }
      expect(delegationHash(unsigned)).toBe(hash)
      expect(signDigest(delegationDigest(unsigned, vectors), hexToBytes(secretKey))).toBe(signature)
    }
    const [last, first] = vectors.delegations
    expect([last?.authority, first?.authority]).toEqual([first?.hash, rootAuthority])
  })

  it('has the salt of a deposit', () => {
    const { channelId, amount, nonce, salt } = vectors.deposit
    expect(delegatedDepositSalt(channelId, BigInt(amount), nonce)).toBe(BigInt(salt))
  })
})
