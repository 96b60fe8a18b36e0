/** Owners, agents and grants with known keys, for the tests of budgets. */
import { type Address, bytesToHex, type Hex, hexToBytes, sha256, signDigest, utf8ToBytes, zeroHash } from '@koinon/base'
import { type BudgetGrant, budgetGrantHash, type SignedBudgetGrant } from '../rules/budget/grant.ts'
import type { ChannelConfig } from '../rules/channel.ts'
import { party, seed, testDomain } from './fixtures.ts'

export const budgetAsset: Address = `0x${'dd'.repeat(20)}`
/** Budgets of tests hold from here on, for ten days. */
export const budgetStart = 1_750_000_000

/** A grant from `owner` to `agent` for `alice`; a hundred a call, a thousand a day, 2,500 in all. */
export function budgetGrant(changes: Partial<BudgetGrant> = {}): BudgetGrant {
  return {
    owner: party('owner').address,
    agent: party('agent').address,
    parentGrant: zeroHash,
    autonomy: 'limited',
    asset: budgetAsset,
    receivers: [party('alice').address],
    services: ['https://api.example'],
    methods: ['POST /v1/*'],
    contractCalls: [],
    maxPerCallAtomic: 100n,
    maxPerPeriodAtomic: 1_000n,
    periodSeconds: 86_400,
    maxTotalAtomic: 2_500n,
    validFrom: budgetStart,
    validUntil: budgetStart + 864_000,
    revocationNonce: 0,
    ...changes,
  }
}

/** The grant signed by a named party. */
export function signedGrant(
  grant: BudgetGrant,
  signer = 'owner',
  chainId: number = testDomain.chainId,
): SignedBudgetGrant {
  return { grant, signature: signDigest(hexToBytes(budgetGrantHash(grant, chainId)), seed(signer)) }
}

/** 32 bytes from a number or a name. */
export function intentId(name: string | number): Hex {
  return bytesToHex(sha256(utf8ToBytes(`intent ${name}`)))
}

/** Members that every payment of these tests shares. */
export function payment(id: string | number, amountAtomic: bigint, receiver: Address = party('alice').address) {
  return {
    id: intentId(id),
    service: 'https://api.example',
    receiver,
    asset: budgetAsset,
    amountAtomic,
    termsHash: intentId('terms'),
  }
}

/** A channel of the owner for the agent's vouchers. */
export function budgetChannel(changes: Partial<ChannelConfig> = {}): ChannelConfig {
  return {
    payer: party('owner').address,
    payerAuthorizer: party('agent').address,
    receiver: party('alice').address,
    receiverAuthorizer: party('alice').address,
    token: budgetAsset,
    withdrawDelay: 900,
    salt: intentId('salt'),
    ...changes,
  }
}
