/** Jobs in escrow as `contracts/src/jobs/Jobs.sol` has them (specs/0024-jobs.md section 1): states, and the hashes that are signed. */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  concatBytes,
  domainSeparator,
  type Hex,
  hexToBytes,
  integerWord,
  keccak256,
  textWord,
  typedDigest,
  typeHash,
} from '@koinon/base'
import type { SettlementDomain } from '@koinon/work'

export { type JobStatus, jobStatuses } from '@koinon/work'

/** All of a job but its provider and its price. Times are Unix seconds; `hook` is the zero address where there is none. */
export type JobTerms = {
  readonly client: Address
  readonly evaluator: Address
  readonly hook: Address
  readonly token: Address
  readonly expiredAtSeconds: number
  readonly description: string
}

/** What the validators of a subnet sign about a job; `round` 1 is the one after a dispute. */
export type Verdict = {
  readonly jobId: bigint
  readonly deliverable: Hex
  readonly accepted: boolean
  readonly reason: Hex
  readonly round: 0 | 1
}

const termsType = typeHash(
  'JobTerms(address client,address evaluator,address hook,address token,uint256 expiredAt,string description)',
)
const verdictType = typeHash('Verdict(uint256 jobId,bytes32 deliverable,bool accepted,bytes32 reason,uint8 round)')

/** EIP-712 domain of quotes for jobs of one contract. */
export function jobsDomain(chainId: number, jobs: Address): SettlementDomain {
  return { name: 'Koinon Jobs', version: '1', chainId, verifyingContract: jobs }
}

/** EIP-712 struct hash of the terms: what a quote is for. Throws `base/*` on values that do not fit their type. */
export function hashTerms(terms: JobTerms): Hex {
  const words = [
    termsType,
    addressWord(terms.client),
    addressWord(terms.evaluator),
    addressWord(terms.hook),
    addressWord(terms.token),
    integerWord(terms.expiredAtSeconds),
    textWord(terms.description),
  ]
  return bytesToHex(keccak256(concatBytes(...words)))
}

/** The EIP-3009 nonce that binds a client's money to terms, provider and hook parameters. */
export function fundingNonce(termsHash: Hex, provider: Address, optParams: Hex, salt: Hex): Hex {
  const words = [bytes32Word(termsHash), addressWord(provider), keccak256(hexToBytes(optParams)), bytes32Word(salt)]
  return bytesToHex(keccak256(concatBytes(...words)))
}

/** EIP-712 digest of a verdict for the evaluator contract of one subnet. */
export function verdictDigest(chainId: number, evaluator: Address, verdict: Verdict): Uint8Array {
  const domain = { name: 'Koinon Quorum Evaluator', version: '1', chainId, verifyingContract: evaluator }
  return typedDigest(domainSeparator(domain), verdictType, [
    integerWord(verdict.jobId),
    bytes32Word(verdict.deliverable),
    integerWord(verdict.accepted ? 1 : 0),
    bytes32Word(verdict.reason),
    integerWord(verdict.round, 8),
  ])
}

/** What a dispute costs: a tenth of the budget, rounded up. */
export function disputeBond(budgetAtomic: bigint): bigint {
  return (budgetAtomic + 9n) / 10n
}

/** More than two thirds, in integers. */
export function isQuorum(signedWeight: bigint, totalWeight: bigint): boolean {
  return signedWeight * 3n > totalWeight * 2n
}
