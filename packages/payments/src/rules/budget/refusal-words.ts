import { dollarDecimals, formatUnits, KoinonError } from '@koinon/base'
import type { BudgetAction, BudgetLevel, BudgetRefusal } from './decide.ts'
import { leftOfPeriod, leftOfTotal } from './spent.ts'

/** Why a budget refuses, as one sentence. */
const refusalWords: Readonly<Record<BudgetRefusal, string>> = {
  'not-yet-valid': 'The grant does not hold yet',
  expired: 'The grant has ended',
  revoked: 'The owner revoked the grant',
  'wrong-asset': 'The grant is for another asset',
  'contract-not-allowed': 'The grant does not name this function of this contract',
  'alert-only': 'The grant lets the agent report only, not pay',
  'receiver-not-allowed': 'The grant does not name this receiver',
  'service-not-allowed': 'The grant does not name this service',
  'method-not-allowed': 'The grant does not name this method and path',
  'over-call': 'The amount is more than one call may cost',
  'over-period': 'The amount is more than is left in this period',
  'over-total': 'The amount is more than is left in all',
}

/** What was asked for against which limit of a grant, atomic units. */
type OverLimit = {
  readonly limit: 'perCall' | 'perPeriod' | 'total'
  readonly what: BudgetAction['kind'] | 'grantChild'
  readonly askedAtomic: bigint
  readonly limitAtomic: bigint
  /** Of the limit; of `perCall` the limit itself. */
  readonly leftAtomic: bigint
}

/** The amounts behind a refusal at a level; undefined where it is not for an amount. */
export function overLimitOf(
  code: BudgetRefusal,
  { grant, spent }: BudgetLevel,
  {
    kind,
    amountAtomic,
    chargeAtomic,
  }: Pick<BudgetAction, 'amountAtomic' | 'chargeAtomic'> & {
    readonly kind: OverLimit['what']
  },
  nowSeconds: number,
): OverLimit | undefined {
  const { maxPerCallAtomic, maxPerPeriodAtomic, maxTotalAtomic } = grant
  if (code === 'over-call') {
    const most = { limitAtomic: maxPerCallAtomic, leftAtomic: maxPerCallAtomic }
    return { limit: 'perCall', what: kind, askedAtomic: amountAtomic, ...most }
  }
  const asked = { what: kind, askedAtomic: chargeAtomic } as const
  if (code === 'over-period') {
    const leftAtomic = leftOfPeriod(grant, spent, nowSeconds)
    return { limit: 'perPeriod', ...asked, limitAtomic: maxPerPeriodAtomic, leftAtomic }
  }
  if (code !== 'over-total') return undefined
  return { limit: 'total', ...asked, limitAtomic: maxTotalAtomic, leftAtomic: leftOfTotal(grant, spent) }
}

/**
 * The refusal as an error: `payments/budget-refused`, its `details` with code and level (0 is the owner's grant), and for an amount which limit
 * it is, what was asked, the limit, and what is left of it.
 */
export function budgetRefused(code: BudgetRefusal, level: number, over?: OverLimit): KoinonError {
  const amounts =
    over === undefined
      ? {}
      : {
          limit: over.limit,
          askedAtomic: `${over.askedAtomic}`,
          limitAtomic: `${over.limitAtomic}`,
          leftAtomic: `${over.leftAtomic}`,
        }
  return new KoinonError({
    code: 'payments/budget-refused',
    message: over === undefined ? refusalWords[code] : overWords(over),
    hint:
      over === undefined
        ? 'Ask the owner for another grant: koinon budget grant.'
        : `The owner allows more with a new grant: koinon budget grant ${options[over.limit]} DOLLARS.${code === 'over-period' ? ' Or wait for the next period.' : ''}`,
    retry: code === 'over-period' || code === 'not-yet-valid' ? 'later' : 'never',
    details: { reason: code, level, ...amounts },
  })
}

const options = { perCall: '--max-per-call', perPeriod: '--max-per-period', total: '--max-total' } as const
const subjects: Readonly<Record<OverLimit['what'], string>> = {
  payCall: 'The call may cost up to',
  deposit: 'The deposit for this seller would be',
  fundJob: 'The job costs',
  transfer: 'The transfer is',
  grantChild: 'The grant below would set aside',
}

function overWords({ limit, what, askedAtomic, limitAtomic, leftAtomic }: OverLimit): string {
  const asked = `${subjects[what]} ${dollars(askedAtomic)}`
  if (limit === 'perCall') return `${asked}, and the budget allows ${dollars(limitAtomic)} for one call`
  const span = limit === 'perPeriod' ? 'for this period' : 'in all'
  return `${asked}, and of the budget's ${dollars(limitAtomic)} ${span} there are ${dollars(leftAtomic)} left`
}

function dollars(atomic: bigint): string {
  return `${formatUnits(atomic, dollarDecimals)} dollars`
}
