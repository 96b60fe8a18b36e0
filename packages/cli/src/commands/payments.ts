import { readTillEarnings } from '@koinon/node/paywall'
import { openOwnerViews } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import type { PaymentDetailsJson, PaymentsJson } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { earningsSentence, paymentDetailsText, paymentsText } from '../payment-words.ts'
import { runCommand } from '../runner.ts'

/** `koinon payments`: what the home's own paywall and agents sold; and what its gateway sells by the call, as the page Payments shows it. */
export function definePayments(payments: Command): void {
  payments.action(
    runCommand(async ({ home, warn }) => {
      const own = await readTillEarnings(home)
      const { gatewayUrl } = networkOf(home)
      const ownText =
        own === undefined
          ? undefined
          : `The paywall and agents of this home, paid to ${own.account}: ${earningsSentence(own)}.`
      const views = await openOwnerViews(home).catch(orOwn(own))
      const found = await views?.get<PaymentsJson>('/api/payments').catch((error: Error) => {
        if (own !== undefined) warn(`what the gateway sold is not known: ${error.message}`)
        return orOwn(own)(error)
      })
      if (views === undefined || found === undefined) return { data: { own }, text: ownText ?? '' }
      const data = own === undefined ? found : { ...found, own }
      if (!views.isOwner) {
        const whose = `${ownText ?? 'This home sells nothing itself.'}\n\nSold by the gateway ${gatewayUrl}, which this home does not run:`
        const more = 'Who paid what the gateway tells its owner alone, on the home from which it runs.'
        return { data, text: `${whose}\n\n${paymentsText(found)}\n\n${more}` }
      }
      const details = await views.get<PaymentDetailsJson>('/api/payments/details')
      const text = `${paymentsText(found)}\n\n${paymentDetailsText(details)}`
      return {
        data: { ...data, details },
        text: ownText === undefined ? text : `${ownText}\n\nThe gateway:\n\n${text}`,
      }
    }),
  )
}

/** A home that sold something has that to tell, whatever became of the gateway. */
function orOwn(own: unknown) {
  return (error: unknown): undefined => {
    if (own === undefined) throw error
    return undefined
  }
}
