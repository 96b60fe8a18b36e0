import type { JSONObject, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import { bundleToJson, type Check } from '@koinon/work'
import type { AnswerReceipt } from '../answers/check-answer.ts'

/** What the provider's metadata of an answer say under `koinon` (specs/0026-agents.md section 7). Amounts are decimal texts. */
export type KoinonMetadata = {
  readonly receiptId: string | null
  /** Account that did the work. */
  readonly provider: string | null
  /** What the answer comes to, pico-dollars (1e-12 dollar). */
  readonly amountPicoUsd: string | null
  /** All of them; `notChecked` is no pass. */
  readonly checks: readonly Check[]
  /** The receipts of all hops, as `koinon receipt verify` takes them. */
  readonly receipt: JSONObject | null
  /** What was paid for this call; null where a key paid, or nobody. */
  readonly payment: KoinonPayment | null
}

type KoinonPayment = {
  readonly paymentId: string
  readonly backEnd: string
  readonly payer: string
  readonly payTo: string
  /** Null where the seller stated no charge, as for streams; `amountPicoUsd` says it then. */
  readonly chargedAtomic: string | null
  readonly channelId: string | null
  readonly transaction: string | null
}

/** What the metadata of an answer of this provider say; undefined for answers of others. */
export function koinonMetadata(metadata: SharedV4ProviderMetadata | undefined): KoinonMetadata | undefined {
  const own = metadata?.['koinon']
  return Array.isArray(own?.['checks']) ? (own as unknown as KoinonMetadata) : undefined
}

export function metadataOf({ receiptId, bundle, checks, payment }: AnswerReceipt): KoinonMetadata {
  return {
    receiptId: receiptId ?? null,
    provider: bundle?.hops.at(-1)?.receipt.payee ?? null,
    amountPicoUsd: bundle?.hops[0]?.receipt.amountPicoUsd.toString() ?? null,
    checks,
    receipt: bundle === undefined ? null : (bundleToJson(bundle) as JSONObject),
    payment:
      payment === undefined
        ? null
        : {
            paymentId: payment.paymentId,
            backEnd: payment.backEnd,
            payer: payment.payer,
            payTo: payment.terms.payTo,
            chargedAtomic: payment.isStated ? payment.chargedAtomic.toString() : null,
            channelId: payment.channelId ?? null,
            transaction: payment.transaction ?? null,
          },
  }
}
