/** The policy check of budgets (specs/0025-budgets.md section 3): pure, in integers, the same in TypeScript and Solidity. */
import type { Address, Hex } from '@koinon/base'
import type { BudgetGrant } from './grant.ts'
import { type BudgetSpent, leftOfTotal, spentInPeriod } from './spent.ts'

/** Why an action is refused. */
export type BudgetRefusal =
  | 'not-yet-valid'
  | 'expired'
  | 'revoked'
  | 'wrong-asset'
  | 'contract-not-allowed'
  | 'alert-only'
  | 'receiver-not-allowed'
  | 'service-not-allowed'
  | 'method-not-allowed'
  | 'over-call'
  | 'over-period'
  | 'over-total'

/** What an intent comes to, as far as rules look at it. */
export type BudgetAction = {
  readonly kind: 'payCall' | 'deposit' | 'fundJob' | 'transfer'
  readonly asset: Address
  readonly receiver: Address
  /** Undefined on chain, where nobody can say for which service money goes. */
  readonly service?: string | undefined
  /** `payCall` only. */
  readonly method?: string | undefined
  readonly path?: string | undefined
  /** `fundJob` only. */
  readonly target?: Address | undefined
  readonly selector?: Hex | undefined
  readonly amountAtomic: bigint
  /** What of it was not charged before: a voucher for money that was charged as a deposit costs nothing more. */
  readonly chargeAtomic: bigint
}

/** One grant of a chain as it stands: `isRevoked` by its hash or by the owner's nonce. */
export type BudgetLevel = { readonly grant: BudgetGrant; readonly spent: BudgetSpent; readonly isRevoked: boolean }

export type BudgetDecision =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'propose'; readonly level: number }
  | { readonly verdict: 'refuse'; readonly code: BudgetRefusal; readonly level: number }

/**
 * Decides on one action. `levels` go from the owner's grant to that of the key; every grant has to allow it, so a grant can only narrow
 * those above it. The first refusal from the top counts; `propose` when all allow it and one of them wants the owner asked.
 */
export function decideBudget(levels: readonly BudgetLevel[], action: BudgetAction, nowSeconds: number): BudgetDecision {
  let proposedAt: number | undefined
  for (const [level, { grant, spent, isRevoked }] of levels.entries()) {
    const code = isRevoked
      ? 'revoked'
      : (timeRefusal(grant, nowSeconds) ??
        scopeRefusal(grant, action) ??
        amountRefusal(grant, spent, action, nowSeconds))
    if (code !== undefined) return { verdict: 'refuse', code, level }
    if (grant.autonomy === 'propose') proposedAt ??= level
  }
  return proposedAt === undefined ? { verdict: 'allow' } : { verdict: 'propose', level: proposedAt }
}

/** Why a grant does not hold at a time. */
export function timeRefusal(grant: BudgetGrant, nowSeconds: number): BudgetRefusal | undefined {
  if (nowSeconds < grant.validFrom) return 'not-yet-valid'
  return nowSeconds >= grant.validUntil ? 'expired' : undefined
}

function scopeRefusal(grant: BudgetGrant, action: BudgetAction): BudgetRefusal | undefined {
  if (action.asset !== grant.asset) return 'wrong-asset'
  // Whatever the autonomy: a call of any contract could move more than the asset.
  if (action.kind === 'fundJob' && !allowsContract(grant, action)) return 'contract-not-allowed'
  if (grant.autonomy === 'alert') return 'alert-only'
  if (grant.autonomy === 'full') return undefined
  return listRefusal(grant, action)
}

/** The lists: kept under `limited`, and under `propose`, where the owner is asked only for what they allow. */
function listRefusal(grant: BudgetGrant, action: BudgetAction): BudgetRefusal | undefined {
  const { receivers, services, methods } = grant
  const isByServiceAlone = receivers.length === 0 && services.length > 0 && action.kind === 'payCall'
  if (!isByServiceAlone && !receivers.includes(action.receiver)) return 'receiver-not-allowed'
  if (action.service !== undefined && services.length > 0 && !services.includes(action.service)) {
    return 'service-not-allowed'
  }
  if (action.kind !== 'payCall' || methods.length === 0) return undefined
  const { method = '', path = '' } = action
  return methods.some((pattern) => matchesMethod(pattern, method, path)) ? undefined : 'method-not-allowed'
}

function amountRefusal(
  grant: BudgetGrant,
  spent: BudgetSpent,
  action: BudgetAction,
  nowSeconds: number,
): BudgetRefusal | undefined {
  // A deposit pays for many calls.
  if (action.kind !== 'deposit' && action.amountAtomic > grant.maxPerCallAtomic) return 'over-call'
  if (spentInPeriod(grant, spent, nowSeconds) + action.chargeAtomic > grant.maxPerPeriodAtomic) return 'over-period'
  return action.chargeAtomic > leftOfTotal(grant, spent) ? 'over-total' : undefined
}

function allowsContract(grant: BudgetGrant, { target, selector }: BudgetAction): boolean {
  return grant.contractCalls.some((call) => call.target === target && call.selector === selector)
}

/** `METHOD /path`: `*` stands for any method, a last `*` of the path for any rest. */
export function matchesMethod(pattern: string, method: string, path: string): boolean {
  const space = pattern.indexOf(' ')
  const wantedMethod = pattern.slice(0, space)
  const wantedPath = pattern.slice(space + 1)
  if (wantedMethod !== '*' && wantedMethod !== method) return false
  return wantedPath.endsWith('*') ? path.startsWith(wantedPath.slice(0, -1)) : path === wantedPath
}
