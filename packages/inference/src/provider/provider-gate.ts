import type { Address, Clock, Random } from '@koinon/base'
import type { ChannelBook, SigningSession } from '@koinon/payments'
import { RequestGate } from '@koinon/work/node'

/** The gate of a provider's server: sessions are for those who pay, so whoever has a channel to the provider. */
export function createProviderGate(options: {
  readonly chainId: number
  readonly account: Address
  readonly session: () => SigningSession
  readonly book: ChannelBook
  readonly clock: Clock
  readonly random: Random
}): RequestGate {
  const { chainId, account, session, book, clock, random } = options
  return new RequestGate({
    chainId,
    recipient: account,
    clock,
    sessions: {
      credentials: session,
      random,
      mayOpen: (sender) =>
        book
          .list()
          .some(({ role, status, config }) => role === 'inbound' && status !== 'closed' && config.payer === sender),
    },
  })
}
