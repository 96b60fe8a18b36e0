import type { Address, Clock, Random } from '@koinon/base'
import type { ChannelBook, SigningSession } from '@koinon/payments/core'
import { RequestGate } from '@koinon/work/node'

/**
 * The gate of a provider's server: sessions are for those who pay, so whoever has a channel to the provider. Those and the validators are
 * known to it.
 */
export function createProviderGate(options: {
  readonly chainId: number
  readonly account: Address
  readonly session: () => SigningSession
  readonly book: ChannelBook
  readonly isValidator: (account: Address) => boolean
  readonly clock: Clock
  readonly random: Random
}): RequestGate {
  const { chainId, account, session, book, isValidator, clock, random } = options
  const isPayer = (sender: Address): boolean =>
    book.list().some(({ role, status, config }) => role === 'inbound' && status !== 'closed' && config.payer === sender)
  return new RequestGate({
    chainId,
    recipient: account,
    clock,
    sessions: {
      credentials: session,
      random,
      mayOpen: isPayer,
    },
    knows: (sender) => isValidator(sender) || isPayer(sender),
  })
}
