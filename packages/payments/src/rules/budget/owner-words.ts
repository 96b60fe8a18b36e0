/** What else an owner signs about budgets, and the batch that a key signs for the owner's delegate. */
import {
  type Address,
  addressWord,
  bytes32Word,
  concatBytes,
  type Hex,
  hexToBytes,
  integerWord,
  keccak256,
  typedDigest,
  typeHash,
} from '@koinon/base'
import { budgetSeparator, listWord } from './grant.ts'

/** Ends one grant and all below it, for good. */
export type BudgetRevocation = { readonly grant: Hex }
/** The owner's word on one proposal: the intent by its hash, under one grant. */
export type BudgetApproval = { readonly grant: Hex; readonly intent: Hex; readonly isApproved: boolean }
/** One call of a batch of the owner's account (ERC-7821). */
export type AccountCall = { readonly to: Address; readonly value: bigint; readonly data: Hex }
/** A batch under a grant. `salt` tells batches apart, each is done once; it holds before `deadline` (Unix seconds, inclusive). */
export type BudgetCalls = {
  readonly grant: Hex
  readonly calls: readonly AccountCall[]
  readonly salt: Hex
  readonly deadline: number
}

const revocationTypeHash = typeHash('BudgetRevocation(bytes32 grant)')
const approvalTypeHash = typeHash('BudgetApproval(bytes32 grant,bytes32 intent,bool isApproved)')
const callType = 'Call(address to,uint256 value,bytes data)'
const callTypeHash = typeHash(callType)
const callsTypeHash = typeHash(`BudgetCalls(bytes32 grant,Call[] calls,bytes32 salt,uint64 deadline)${callType}`)

/** Digest of a revocation, which the owner signs. */
export function budgetRevocationDigest({ grant }: BudgetRevocation, chainId: number): Uint8Array {
  return typedDigest(budgetSeparator(chainId), revocationTypeHash, [bytes32Word(grant)])
}

/** Digest of an approval or denial, which the owner signs. */
export function budgetApprovalDigest({ grant, intent, isApproved }: BudgetApproval, chainId: number): Uint8Array {
  return typedDigest(budgetSeparator(chainId), approvalTypeHash, [
    bytes32Word(grant),
    bytes32Word(intent),
    integerWord(isApproved ? 1 : 0),
  ])
}

/** Digest of a batch, which the agent of the last grant signs. */
export function budgetCallsDigest({ grant, calls, salt, deadline }: BudgetCalls, chainId: number): Uint8Array {
  const words = calls.map(({ to, value, data }) =>
    keccak256(concatBytes(callTypeHash, addressWord(to), integerWord(value), keccak256(hexToBytes(data)))),
  )
  return typedDigest(budgetSeparator(chainId), callsTypeHash, [
    bytes32Word(grant),
    listWord(words),
    bytes32Word(salt),
    integerWord(deadline, 64),
  ])
}
