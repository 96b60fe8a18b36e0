import { openOwnerViews } from '@koinon/node/views'
import type { PaymentDetailsJson, PaymentsJson } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { paymentDetailsText, paymentsText } from '../payment-words.ts'
import { runCommand } from '../runner.ts'

/** `koinon payments`: what the gateway sells by the call, as the page Payments shows it. */
export function definePayments(payments: Command): void {
  payments.action(
    runCommand(async ({ home }) => {
      const views = await openOwnerViews(home)
      const found = await views.get<PaymentsJson>('/api/payments')
      if (!views.isOwner) {
        const more = 'Who paid what the gateway tells its owner alone, on the home from which it runs.'
        return { data: found, text: `${paymentsText(found)}\n\n${more}` }
      }
      const details = await views.get<PaymentDetailsJson>('/api/payments/details')
      return { data: { ...found, details }, text: `${paymentsText(found)}\n\n${paymentDetailsText(details)}` }
    }),
  )
}
