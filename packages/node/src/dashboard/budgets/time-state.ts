import type { BudgetGrant } from '@koinon/payments/rules'

/** Whether a chain of grants holds at a time: it ends with the first of them and begins with the last. */
export function timeStateOf(grants: readonly BudgetGrant[], nowSeconds: number): 'usable' | 'not yet' | 'ended' {
  if (grants.some(({ validUntil }) => nowSeconds >= validUntil)) return 'ended'
  return grants.some(({ validFrom }) => nowSeconds < validFrom) ? 'not yet' : 'usable'
}
