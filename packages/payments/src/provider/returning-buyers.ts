import type { Address } from '@koinon/base'
import type { SqlStatement } from '@koinon/base/node'
import type { WireRequest } from './wire.ts'

/** Lets who paid for a page come back to it without paying again; `PaidReturns` of x402 is one. */
export type ReturningBuyers = {
  /** Whether the request shows that its sender paid for it before.. */
  admits(request: WireRequest): Promise<boolean>
  /** Written with the charge of an answer that was sold whole; undefined for what nobody comes back to. */
  purchase(request: WireRequest, payer: Address): SqlStatement | undefined
}
