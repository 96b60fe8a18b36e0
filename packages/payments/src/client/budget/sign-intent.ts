import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  domainSeparator,
  type Hex,
  hexToBytes,
  integerWord,
  type TypedDataDomain,
  typedDigest,
  typeHash,
} from '@koinon/base'
import { secp256k1Engine } from '../../core/native-secp256k1.ts'
import { createVoucherSigner } from '../../core/voucher-signing.ts'
import { budgetGrantHash, type SignedBudgetGrant } from '../../rules/budget/grant.ts'
import type { BudgetIntent, ExactRail, PayCallIntent, UpToRail } from '../../rules/budget/intent.ts'
import { budgetCallsDigest } from '../../rules/budget/owner-words.ts'
import { channelIdOf, type EscrowDomain } from '../../rules/channel.ts'
import type { AllowancePermit, UpToAuthorization } from '../../rules/terms.ts'
import { allowanceDigest, upToDigest } from '../../rules/up-to.ts'
import type { SignedVoucher } from '../../rules/voucher.ts'
import { callsOf, executeData } from './delegate-calls.ts'
import type { SpendEntry } from './spend-ledger.ts'

/** EIP-3009 members, amounts as bigint, times in Unix seconds. */
export type ExactAuthorization = {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: number
  readonly validBefore: number
  readonly nonce: Hex
}

/** What leaves the signer. */
export type SignedIntent =
  | { readonly state: 'signed'; readonly kind: 'voucher'; readonly voucher: SignedVoucher }
  | {
      readonly state: 'signed'
      readonly kind: 'exact'
      readonly authorization: ExactAuthorization
      readonly signature: Hex
    }
  | { readonly state: 'signed'; readonly kind: 'upTo'; readonly authorization: UpToAuthorization }
  | {
      readonly state: 'signed'
      readonly kind: 'batch'
      /** The owner's account; anybody may send `data` to it, until `deadline` (Unix seconds). */
      readonly to: Address
      readonly data: Hex
      readonly digest: Hex
      readonly deadline: number
    }
  | { readonly state: 'signed'; readonly kind: 'grant'; readonly signed: SignedBudgetGrant }

type SigningParts = {
  readonly key: Uint8Array
  readonly agent: Address
  readonly grants: readonly SignedBudgetGrant[]
  readonly domain: EscrowDomain
  readonly assetDomain: TypedDataDomain
  readonly intentHash: Hex
}

const transferTypeHash = typeHash(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)

/** Signs an intent that was decided on and charged. Deterministic. */
export function signIntent(intent: BudgetIntent, parts: SigningParts, entry: SpendEntry): SignedIntent {
  const { key, domain, grants } = parts
  if (intent.kind === 'grantChild') {
    const signature = secp256k1Engine.sign(hexToBytes(budgetGrantHash(intent.grant, domain.chainId)), key)
    return { state: 'signed', kind: 'grant', signed: { grant: intent.grant, signature } }
  }
  if (intent.kind === 'payCall') {
    const { rail } = intent
    if (rail.kind === 'exact') return signExact(intent.receiver, intent.amountAtomic, rail, parts)
    if (rail.kind === 'upTo') return signUpTo(intent, rail, parts)
    const channelId = channelIdOf(rail.channel, domain)
    const voucher = createVoucherSigner(key, domain).sign({ channelId, maxClaimableAtomic: rail.cumulativeAtomic })
    return { state: 'signed', kind: 'voucher', voucher }
  }
  const last = grants.at(-1) as SignedBudgetGrant
  const { owner } = last.grant
  const calls = callsOf(intent, owner, domain.escrow)
  const batch = { calls, salt: parts.intentHash, deadline: entry.deadline }
  const digest = budgetCallsDigest({ grant: budgetGrantHash(last.grant, domain.chainId), ...batch }, domain.chainId)
  const data = executeData({ grants, ...batch, signature: secp256k1Engine.sign(digest, key) })
  return { state: 'signed', kind: 'batch', to: owner, data, digest: bytesToHex(digest), deadline: entry.deadline }
}

/** The intent's hash is the nonce. */
function signUpTo({ asset, receiver, amountAtomic }: PayCallIntent, rail: UpToRail, parts: SigningParts): SignedIntent {
  const { key, agent, domain, intentHash } = parts
  const unsigned = {
    token: asset,
    from: agent,
    to: receiver,
    facilitator: rail.facilitator,
    maximumAtomic: amountAtomic,
    valueAtomic: amountAtomic,
    validAfter: 0n,
    validBefore: BigInt(rail.validBefore),
    nonce: intentHash,
  }
  const signature = secp256k1Engine.sign(upToDigest(unsigned, domain.chainId), key)
  return { state: 'signed', kind: 'upTo', authorization: { ...unsigned, signature } }
}

/** EIP-2612 permit of exactly an `upTo` payment's ceiling for Permit2, until the payment's end. */
export function signPermit(
  { asset, amountAtomic, rail }: PayCallIntent,
  nonce: bigint,
  { key, agent, domain, assetDomain }: Pick<SigningParts, 'key' | 'agent' | 'domain' | 'assetDomain'>,
): AllowancePermit {
  if (rail.kind !== 'upTo') throw new Error('only payments up to a ceiling go by Permit2')
  const permit = { nonce, deadline: BigInt(rail.validBefore) }
  const { name, version } = assetDomain
  const allowed = { token: asset, from: agent, maximumAtomic: amountAtomic }
  const digest = allowanceDigest(allowed, permit, { name, version }, domain.chainId)
  return { ...permit, signature: secp256k1Engine.sign(digest, key) }
}

/** The nonce of an exact payment: the seller's, else the intent's hash. The money moves at most once by either. */
export function exactNonce(rail: ExactRail, intentHash: Hex): Hex {
  return rail.nonce ?? intentHash
}

function signExact(to: Address, value: bigint, rail: ExactRail, parts: SigningParts): SignedIntent {
  const { key, agent, assetDomain, intentHash } = parts
  const { validBefore } = rail
  const nonce = exactNonce(rail, intentHash)
  const digest = typedDigest(domainSeparator(assetDomain), transferTypeHash, [
    addressWord(agent),
    addressWord(to),
    integerWord(value),
    integerWord(0n),
    integerWord(validBefore),
    bytes32Word(nonce),
  ])
  const authorization = { from: agent, to, value, validAfter: 0, validBefore, nonce }
  return { state: 'signed', kind: 'exact', authorization, signature: secp256k1Engine.sign(digest, key) }
}
