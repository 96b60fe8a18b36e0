import type { Address } from '@koinon/base'
import type { SqlStatement } from '@koinon/base/node'
import type { WireRequest } from './wire.ts'

/** Lets who paid for a page come back to it without paying again; `PaidReturns` of x402 is one. */
export type ReturningBuyers = {
  /**
   * Lets a request in whose sender shows that it paid for it before; what comes back is called when the answer is over. Undefined where it is
   * to be paid for. Throws `payments/returns-busy` (429).
   */
  admit(request: WireRequest): Promise<(() => void) | undefined>
  /** Written with the charge of an answer that was sold whole; undefined for what nobody comes back to. */
  purchase(request: WireRequest, payer: Address): SqlStatement | undefined
}
