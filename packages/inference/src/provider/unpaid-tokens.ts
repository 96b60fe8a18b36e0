import { type Hex, KoinonError } from '@koinon/base'

const hourMs = 3_600_000

/**
 * What payers received and did not pay for, because they hung up instead of cancelling. A leaky bucket a payer: it empties evenly
 * over an hour; a full one refuses that payer until it has leaked.
 */
export class UnpaidTokens {
  readonly #perHour: number
  readonly #buckets = new Map<Hex, { tokens: number; atMs: number }>()

  constructor(options: { readonly tokensPerHour: number }) {
    this.#perHour = options.tokensPerHour
  }

  /** Throws `provider/unpaid-answers` while the payer's bucket is full. */
  admit(payer: Hex, nowMs: number): void {
    if (this.#level(payer, nowMs) < this.#perHour) return
    throw new KoinonError({
      code: 'provider/unpaid-answers',
      message: 'Too many answers to this payer broke off unpaid',
      hint: 'Cancel with POST /v1/requests/{id}/cancel and read the answer to its receipt; wait some minutes.',
      retry: 'later',
      details: { status: 402 },
    })
  }

  add(payer: Hex, tokens: number, nowMs: number): void {
    this.#buckets.set(payer, { tokens: this.#level(payer, nowMs) + tokens, atMs: nowMs })
  }

  /** Forgets payers whose bucket is empty. */
  sweep(nowMs: number): void {
    for (const payer of this.#buckets.keys()) if (this.#level(payer, nowMs) === 0) this.#buckets.delete(payer)
  }

  #level(payer: Hex, nowMs: number): number {
    const bucket = this.#buckets.get(payer)
    return bucket === undefined ? 0 : Math.max(0, bucket.tokens - ((nowMs - bucket.atMs) / hourMs) * this.#perHour)
  }
}
