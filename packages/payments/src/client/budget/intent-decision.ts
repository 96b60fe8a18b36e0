import { type Hex, KoinonError } from '@koinon/base'
import { childObjection } from '../../rules/budget/chain.ts'
import { type BudgetAction, type BudgetLevel, decideBudget, timeRefusal } from '../../rules/budget/decide.ts'
import type { BudgetIntent, GrantChildIntent, PayCallIntent, PaymentIntent } from '../../rules/budget/intent.ts'
import { badGrant } from '../../rules/budget/parse-grant.ts'
import { budgetRefused, overLimitOf } from '../../rules/budget/refusal-words.ts'
import { leftOfTotal } from '../../rules/budget/spent.ts'
import { fundJobSelector, hireJobSelector } from './delegate-calls.ts'
import { type ChannelSpend, committedAtomic, type SpendEntry } from './spend-ledger.ts'

/** What may happen with an intent now. `earlier` was charged before and is signed again as it was. */
export type IntentDecision =
  | { readonly kind: 'refused'; readonly error: KoinonError }
  | { readonly kind: 'proposed'; readonly entry: SpendEntry }
  | { readonly kind: 'earlier'; readonly entry: SpendEntry }
  | {
      readonly kind: 'charged'
      readonly entry: SpendEntry
      readonly channel: { readonly id: Hex; readonly spend: ChannelSpend } | undefined
    }

export type IntentQuestion = {
  readonly intent: BudgetIntent
  readonly levels: readonly BudgetLevel[]
  readonly nowSeconds: number
  readonly leafHash: Hex
  readonly channel: { readonly id: Hex; readonly spend: ChannelSpend } | undefined
  readonly earlier: SpendEntry | undefined
  readonly isApproved: boolean
  /** The entry to be, without its charge. */
  readonly draft: SpendEntry
}

/** Longest time a signed transfer may stay usable, so that an open one is concluded soon. */
const maximumExactSeconds = 3_600

/** Applies the rules to an intent of this key. No I/O. */
export function decideIntent(question: IntentQuestion): IntentDecision {
  const { levels, nowSeconds, earlier, intent } = question
  if (earlier !== undefined) {
    // Signed again only while the grants hold: the first signature may never have left.
    for (const [level, { grant, isRevoked }] of levels.entries()) {
      const code = isRevoked ? 'revoked' : timeRefusal(grant, nowSeconds)
      if (code !== undefined) return { kind: 'refused', error: budgetRefused(code, level) }
    }
    return { kind: 'earlier', entry: earlier }
  }
  return intent.kind === 'grantChild' ? decideChild(question, intent) : decidePayment(question, intent)
}

function decidePayment(question: IntentQuestion, intent: PaymentIntent): IntentDecision {
  const { levels, nowSeconds, draft, isApproved } = question
  const problem = formObjection(question, intent)
  if (problem !== undefined) return { kind: 'refused', error: unfitting(problem) }
  const channel = channelAfter(question, intent)
  const before = question.channel === undefined ? 0n : committedAtomic(question.channel.spend)
  const chargeAtomic = channel === undefined ? intent.amountAtomic : committedAtomic(channel.spend) - before
  const action = actionOf(intent, chargeAtomic)
  const decision = decideBudget(levels, action, nowSeconds)
  if (decision.verdict === 'refuse') {
    const { code, level } = decision
    const over = overLimitOf(code, levels[level] as BudgetLevel, action, nowSeconds)
    return { kind: 'refused', error: budgetRefused(code, level, over) }
  }
  if (decision.verdict === 'propose' && !isApproved) return { kind: 'proposed', entry: draft }
  const deadline = intent.kind === 'payCall' ? lastSecondOf(intent.rail) : draft.deadline
  return { kind: 'charged', entry: { ...draft, state: 'reserved', chargeAtomic, deadline }, channel }
}

function decideChild(
  { levels, leafHash, nowSeconds, draft, isApproved }: IntentQuestion,
  intent: GrantChildIntent,
): IntentDecision {
  const leaf = levels.at(-1) as BudgetLevel
  const objection = childObjection(leaf.grant, leafHash, intent.grant)
  if (objection !== undefined) return { kind: 'refused', error: badGrant(objection) }
  let isProposal = false
  for (const [level, { grant, isRevoked }] of levels.entries()) {
    const code = isRevoked ? 'revoked' : grant.autonomy === 'alert' ? 'alert-only' : timeRefusal(grant, nowSeconds)
    if (code !== undefined) return { kind: 'refused', error: budgetRefused(code, level) }
    isProposal ||= grant.autonomy === 'propose'
  }
  const chargeAtomic = intent.grant.maxTotalAtomic
  if (chargeAtomic > leftOfTotal(leaf.grant, leaf.spent)) {
    const asked = { kind: 'grantChild', amountAtomic: chargeAtomic, chargeAtomic } as const
    const over = overLimitOf('over-total', leaf, asked, nowSeconds)
    return { kind: 'refused', error: budgetRefused('over-total', levels.length - 1, over) }
  }
  if (isProposal && !isApproved) return { kind: 'proposed', entry: draft }
  return { kind: 'charged', entry: { ...draft, state: 'reserved', chargeAtomic, deadline: 0 }, channel: undefined }
}

/** Last second at which what is signed for a call can be used; 0 of a voucher, which never ends. */
function lastSecondOf(rail: PayCallIntent['rail']): number {
  if (rail.kind === 'channel') return 0
  return rail.kind === 'exact' ? rail.validBefore - 1 : rail.validBefore
}

/** What does not fit this key: a channel of somebody else's money, a voucher beyond the price, a transfer that stays open too long. */
function formObjection({ levels, nowSeconds, channel }: IntentQuestion, intent: PaymentIntent): string | undefined {
  const { owner, agent } = (levels.at(-1) as BudgetLevel).grant
  if (intent.kind === 'deposit') {
    if (intent.channel.payer !== owner) return 'the channel is not paid by the owner'
    return intent.channel.payerAuthorizer === agent ? undefined : "the channel's vouchers are not this key's"
  }
  if (intent.kind !== 'payCall') return undefined
  const { rail } = intent
  if (rail.kind !== 'channel') {
    const ends = [nowSeconds + maximumExactSeconds, ...levels.map(({ grant }) => grant.validUntil)]
    if (rail.validBefore <= nowSeconds) return 'validBefore is over'
    return rail.validBefore > Math.min(...ends) ? 'validBefore is too late' : undefined
  }
  if (rail.channel.payer !== owner && rail.channel.payer !== agent) return 'the channel is not paid by the owner'
  if (rail.channel.payerAuthorizer !== agent) return "the channel's vouchers are not this key's"
  const step = rail.cumulativeAtomic - (channel?.spend.voucherAtomic ?? 0n)
  return step > intent.amountAtomic ? 'the voucher rises by more than the price' : undefined
}

/** The channel's spend once the intent is signed. */
function channelAfter({ channel }: IntentQuestion, intent: PaymentIntent): IntentQuestion['channel'] {
  if (channel === undefined) return undefined
  const { id, spend } = channel
  if (intent.kind === 'deposit') {
    return { id, spend: { ...spend, depositedAtomic: spend.depositedAtomic + intent.amountAtomic } }
  }
  if (intent.kind !== 'payCall' || intent.rail.kind !== 'channel') return undefined
  const { cumulativeAtomic } = intent.rail
  const voucherAtomic = cumulativeAtomic > spend.voucherAtomic ? cumulativeAtomic : spend.voucherAtomic
  return { id, spend: { ...spend, voucherAtomic } }
}

/** What rules look at of an intent. */
export function actionOf(intent: PaymentIntent, chargeAtomic: bigint): BudgetAction {
  const { kind, asset, receiver, service, amountAtomic } = intent
  const action = {
    ...{ asset, receiver, service, amountAtomic, chargeAtomic },
    // Rules see the money that goes into a job and the contract's function, not how the job came to be.
    kind: kind === 'hireJob' ? ('fundJob' as const) : kind,
  }
  if (intent.kind === 'payCall') return { ...action, method: intent.method, path: intent.path }
  if (intent.kind === 'fundJob') return { ...action, target: intent.target, selector: fundJobSelector }
  return intent.kind === 'hireJob' ? { ...action, target: intent.target, selector: hireJobSelector(intent) } : action
}

function unfitting(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/bad-budget-intent',
    message: `The intent does not fit this key: ${problem}`,
  })
}
