import type { CashDesk, Wire } from '@koinon/payments/provider'
import type { PaymentTerms, Resource } from '@koinon/payments/rules'

/** How an agent is paid. Without one only its free services are served and told of. */
export type AgentTill = {
  readonly desk: CashDesk
  /** Ways to speak about payments for resources under this origin. */
  wiresAt(origin: string): readonly Wire[]
  /** Terms of one call; `pricePicoUsd` is the whole of it. */
  readonly terms: (resource: Resource, pricePicoUsd: bigint) => PaymentTerms
}
