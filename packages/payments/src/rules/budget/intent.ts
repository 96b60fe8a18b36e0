/** Typed intents: the only thing that a budget's key ever signs for (specs/0025-budgets.md section 2). */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  type Hex,
  hexToBytes,
  integerWord,
  keccak256,
  textWord,
  typedDigest,
  typeHash,
} from '@koinon/base'
import type { ChannelConfig } from '../channel.ts'
import { type BudgetGrant, budgetGrantHash, budgetSeparator } from './grant.ts'

type IntentTerms = {
  /** 32 bytes that name this payment: the same intent is charged once, however often it is asked for. */
  readonly id: Hex
  readonly service: string
  readonly receiver: Address
  readonly asset: Address
  readonly amountAtomic: bigint
  /** Hash of the terms that were agreed on (offer, 402 answer, job description); shown to the owner, not looked into. */
  readonly termsHash: Hex
}

/** A voucher of a channel that pays from the owner's deposit. `cumulativeAtomic` is what the voucher shall name. */
export type ChannelRail = {
  readonly kind: 'channel'
  readonly channel: ChannelConfig
  readonly cumulativeAtomic: bigint
}
/**
 * An EIP-3009 transfer from the session key's own account; it can be used before `validBefore` (Unix seconds). Its nonce is the intent's
 * hash, or 32 bytes that a seller asks for: one of them moves money once, and each intent is charged.
 */
export type ExactRail = { readonly kind: 'exact'; readonly validBefore: number; readonly nonce?: Hex }

/**
 * A Permit2 payment of at most the amount from the session key's own account, of which the facilitator says how much moves; it can be used up to
 * and with `validBefore` (Unix seconds). Its nonce is the intent's hash.
 */
export type UpToRail = { readonly kind: 'upTo'; readonly validBefore: number; readonly facilitator: Address }

export type PayCallIntent = IntentTerms & {
  readonly kind: 'payCall'
  /** HTTP method in capitals and path without query. */
  readonly method: string
  readonly path: string
  readonly rail: ChannelRail | ExactRail | UpToRail
}
/** Money from the owner's account into a channel, through its delegate. */
export type DepositIntent = IntentTerms & { readonly kind: 'deposit'; readonly channel: ChannelConfig }
/** `fund(jobId, amount, "")` of a job contract, through the owner's delegate, with an exact approval. */
export type FundJobIntent = IntentTerms & {
  readonly kind: 'fundJob'
  readonly target: Address
  readonly jobId: bigint
}
/** A job with its terms, before it has a number; client is the owner, token the intent's asset. */
export type NewJob = {
  readonly evaluator: Address
  /** The zero address where there is none. */
  readonly hook: Address
  readonly expiredAtSeconds: number
  readonly description: string
}
/**
 * Takes a provider's signed quote (specs/0024-jobs.md section 2) through the owner's delegate, with an exact approval: for an open job of
 * the owner, or for one that is opened with it. Receiver, amount and terms hash of the intent are provider, price and terms of the quote.
 */
export type HireJobIntent = IntentTerms & {
  readonly kind: 'hireJob'
  readonly target: Address
  readonly job: { readonly jobId: bigint } | NewJob
  readonly quote: { readonly deadlineSeconds: number; readonly nonce: bigint; readonly signature: Hex }
}
/** A plain transfer from the owner's account, through its delegate. */
export type TransferIntent = IntentTerms & { readonly kind: 'transfer' }
/** A grant below this one; its whole total is set aside at once. */
export type GrantChildIntent = { readonly kind: 'grantChild'; readonly id: Hex; readonly grant: BudgetGrant }

export type PaymentIntent = PayCallIntent | DepositIntent | FundJobIntent | HireJobIntent | TransferIntent
export type BudgetIntent = PaymentIntent | GrantChildIntent

const intentTypeHash = typeHash(
  'BudgetIntent(bytes32 id,string kind,string service,string method,string path,address receiver,address asset,uint256 amountAtomic,bytes32 termsHash,bytes32 detail)',
)
const channelDetail = typeHash(
  'ChannelDetail(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt,uint128 cumulativeAtomic)',
)
const exactDetail = typeHash('ExactDetail(uint64 validBefore)')
const exactNonceDetail = typeHash('ExactNonceDetail(uint64 validBefore,bytes32 nonce)')
const upToDetail = typeHash('UpToDetail(uint64 validBefore,address facilitator)')
const jobDetail = typeHash('JobDetail(address target,uint256 jobId)')
const hireDetail = typeHash(
  'HireJobDetail(address target,uint256 jobId,address evaluator,address hook,uint256 expiredAt,string description,uint256 deadline,uint256 nonce,bytes signature)',
)

/** What an owner approves or denies: the EIP-712 digest of every member of the intent. Throws `base/out-of-range`. */
export function budgetIntentHash(intent: BudgetIntent, chainId: number): Hex {
  const separator = budgetSeparator(chainId)
  if (intent.kind === 'grantChild') {
    const { grant, id, kind } = intent
    const { owner, asset, maxTotalAtomic } = grant
    const hash = budgetGrantHash(grant, chainId)
    const words = [bytes32Word(id), textWord(kind), textWord(''), textWord(''), textWord(''), addressWord(owner)]
    const rest = [addressWord(asset), integerWord(maxTotalAtomic), bytes32Word(hash), new Uint8Array(32)]
    return bytesToHex(typedDigest(separator, intentTypeHash, [...words, ...rest]))
  }
  const isCall = intent.kind === 'payCall'
  return bytesToHex(
    typedDigest(separator, intentTypeHash, [
      bytes32Word(intent.id),
      textWord(intent.kind),
      textWord(intent.service),
      textWord(isCall ? intent.method : ''),
      textWord(isCall ? intent.path : ''),
      addressWord(intent.receiver),
      addressWord(intent.asset),
      integerWord(intent.amountAtomic),
      bytes32Word(intent.termsHash),
      detailWord(separator, intent),
    ]),
  )
}

function detailWord(separator: Uint8Array, intent: PaymentIntent): Uint8Array {
  if (intent.kind === 'transfer') return new Uint8Array(32)
  if (intent.kind === 'fundJob') {
    return typedDigest(separator, jobDetail, [addressWord(intent.target), integerWord(intent.jobId)])
  }
  if (intent.kind === 'hireJob') return hireWord(separator, intent)
  if (intent.kind === 'deposit') return channelWord(separator, intent.channel, 0n)
  const { rail } = intent
  if (rail.kind === 'channel') return channelWord(separator, rail.channel, rail.cumulativeAtomic)
  const validBefore = integerWord(rail.validBefore, 64)
  if (rail.kind === 'upTo') return typedDigest(separator, upToDetail, [validBefore, addressWord(rail.facilitator)])
  if (rail.nonce === undefined) return typedDigest(separator, exactDetail, [validBefore])
  return typedDigest(separator, exactNonceDetail, [validBefore, bytes32Word(rail.nonce)])
}

function hireWord(separator: Uint8Array, { target, job, quote }: HireJobIntent): Uint8Array {
  const isNew = !('jobId' in job)
  const none = '0x0000000000000000000000000000000000000000'
  return typedDigest(separator, hireDetail, [
    addressWord(target),
    integerWord(isNew ? 0n : job.jobId),
    addressWord(isNew ? job.evaluator : none),
    addressWord(isNew ? job.hook : none),
    integerWord(isNew ? job.expiredAtSeconds : 0),
    textWord(isNew ? job.description : ''),
    integerWord(quote.deadlineSeconds),
    integerWord(quote.nonce),
    keccak256(hexToBytes(quote.signature)),
  ])
}

function channelWord(separator: Uint8Array, channel: ChannelConfig, cumulativeAtomic: bigint): Uint8Array {
  return typedDigest(separator, channelDetail, [
    addressWord(channel.payer),
    addressWord(channel.payerAuthorizer),
    addressWord(channel.receiver),
    addressWord(channel.receiverAuthorizer),
    addressWord(channel.token),
    integerWord(channel.withdrawDelay, 40),
    bytes32Word(channel.salt),
    integerWord(cumulativeAtomic, 128),
  ])
}
