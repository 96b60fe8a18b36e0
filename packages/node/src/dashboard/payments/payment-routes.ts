/** What is sold by the call: counts for everybody, names and accounts for the owner. */

import type { Route } from '../route.ts'
import { sparing } from '../sparing.ts'
import { type PaymentViewSources, paymentDetailsJson, paymentsJson } from './payments-json.ts'

/** `/api/payments` and `/api/payments/details`. */
export function paymentRoutes(sources: PaymentViewSources): readonly Route[] {
  const view = sparing(() => paymentsJson(sources), sources.clock)
  const details = sparing(() => paymentDetailsJson(sources), sources.clock)
  return [
    { method: 'GET', path: /^\/api\/payments$/, access: 'open', answer: view },
    { method: 'GET', path: /^\/api\/payments\/details$/, access: 'owner', answer: details },
  ]
}
