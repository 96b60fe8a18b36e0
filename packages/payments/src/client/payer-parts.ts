import type { OpenCalls } from './open-calls.ts'
import type { PayerChannels } from './payer-channels.ts'
import type { PayerSettings } from './payer-types.ts'
import type { UpToPayments } from './up-to-payments.ts'

/** What the parts of a payer share. */
export type PayerParts = {
  readonly settings: PayerSettings
  readonly channels: PayerChannels
  readonly calls: OpenCalls
  readonly upTo: UpToPayments
}
