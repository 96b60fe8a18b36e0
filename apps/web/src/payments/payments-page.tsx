import type { PaymentDetailsJson, PaymentsJson } from '@koinon/work/dashboard'
import { useEffect } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { newLinkSentence } from '../shell/door-words.ts'
import { CommandText, HintText } from '../ui/command-text.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { WalletNav } from '../wallet/wallet-nav.tsx'
import { ChannelsSection } from './channels-section.tsx'
import { DoorSection } from './door-section.tsx'
import { EventsSection } from './events-section.tsx'
import { GasSection } from './gas-section.tsx'
import { SettlementsSection } from './settlements-section.tsx'

const refreshMs = 10_000

/** What the gateway sells by the call: payments and refusals of a day, channels, settlements, gas saved. */
export function PaymentsPage() {
  const { door, signIn } = useApp()
  const localToken = signIn.local?.localToken
  const payments = useResource('payments', () => requestJson<PaymentsJson>(door, '/api/payments'), refreshMs)
  const details = useResource(
    localToken,
    () => requestJson<PaymentDetailsJson>(door, '/api/payments/details', { localToken }),
    refreshMs,
  )
  // The gateway may have been started anew between two looks at it.
  const isSignedOut = details.error?.code === 'local/no-token'
  const { refresh } = signIn
  useEffect(() => {
    if (isSignedOut) refresh()
  }, [isSignedOut, refresh])
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Payments</h1>
        <p className="lead">
          Who has no key pays this gateway by the call: it answers 402 with a price, and the program comes back with a
          payment, by x402 or MPP, on a channel or exact.
        </p>
        <WalletNav page="payments" />
      </header>
      <ResourceView resource={payments} what="the payments">
        {(found) => (
          <>
            <DoorSection payments={found} />
            <GasSection gas={found.gas} />
            <ChannelsSection totals={found.channels} details={details.data} />
          </>
        )}
      </ResourceView>
      {localToken === undefined ? (
        signIn.isLoading ? null : (
          <p className="empty">
            Who paid what is only told to the owner of the gateway. <HintText text={newLinkSentence} />
          </p>
        )
      ) : (
        <ResourceView resource={details} what="who paid what">
          {({ events }) => <EventsSection events={events} />}
        </ResourceView>
      )}
      {payments.data === undefined ? null : (
        <SettlementsSection totals={payments.data.settlements} settlements={details.data?.settlements} />
      )}
      <p className="hint">
        The same in a terminal: <CommandText text="koinon payments" />
      </p>
    </div>
  )
}
