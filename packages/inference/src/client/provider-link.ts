import { backoffMs, type Hex } from '@koinon/base'
import { Pool } from 'undici'
import { movingAverage, type ProviderStanding, unmeasuredFirstByteMs } from '../rules/choice.ts'
import type { ModelOffer, SignedOffer } from '../rules/offer.ts'

/** Why a provider is not asked for a while. */
export type DemotionReason = 'unreachable' | 'refused' | 'dishonest'

const firstPauseMs: Readonly<Record<DemotionReason, number>> = { unreachable: 500, refused: 500, dishonest: 60_000 }
const longestPauseMs: Readonly<Record<DemotionReason, number>> = {
  unreachable: 30_000,
  refused: 10_000,
  dishonest: 3_600_000,
}

/** A courier brings vouchers within 250 ms. */
const busyMs = 300

/** One provider as the gateway sees it: its connections, its verified offer and what was measured. */
export class ProviderLink {
  readonly account: Hex
  readonly endpoint: string
  readonly pool: Pool
  #offer: SignedOffer | undefined
  #firstByteMs = unmeasuredFirstByteMs
  #failureRate = 0
  #inFlight = 0
  #failuresInRow = 0
  #pausedUntilMs = 0
  #busyUntilMs = 0
  #lastReason: DemotionReason | undefined

  constructor(options: { readonly account: Hex; readonly endpoint: string; readonly connections: number }) {
    this.account = options.account
    this.endpoint = options.endpoint
    this.pool = new Pool(options.endpoint, {
      connections: options.connections,
      pipelining: 1,
      connectTimeout: 3_000,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 65_536,
    })
  }

  get offer(): SignedOffer | undefined {
    return this.#offer
  }

  setOffer(offer: SignedOffer): void {
    this.#offer = offer
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get firstByteMs(): number {
    return this.#firstByteMs
  }

  get failureRate(): number {
    return this.#failureRate
  }

  get lastReason(): DemotionReason | undefined {
    return this.#lastReason
  }

  /** The offer of a model, if the offer holds. */
  modelOffer(model: string, nowMs: number): ModelOffer | undefined {
    const offer = this.#offer
    if (offer === undefined || offer.offer.validUntilMs <= nowMs) return undefined
    return offer.models.find((line) => line.model === model)
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs
  }

  /** True when its places and its line are taken, as far as we know, or it has just said so itself. */
  isFull(nowMs: number): boolean {
    const { capacity = 1, queue = 0 } = this.#offer?.offer ?? {}
    return nowMs < this.#busyUntilMs || this.#inFlight >= Math.max(1, capacity + queue)
  }

  standing(model: ModelOffer): ProviderStanding {
    return {
      pricePicoUsd: model.promptPricePicoUsdPerToken + model.outputPricePicoUsdPerToken,
      firstByteMs: this.#firstByteMs,
      failureRate: this.#failureRate,
      inFlight: this.#inFlight,
      capacity: this.#offer?.offer.capacity ?? 1,
    }
  }

  begin(): void {
    this.#inFlight += 1
  }

  end(): void {
    this.#inFlight -= 1
  }

  /** It worked until the time limit: no failure, and slow. */
  reachedTimeLimit(tookMs: number): void {
    this.#firstByteMs = movingAverage(this.#firstByteMs, tookMs)
  }

  succeeded(firstByteMs: number): void {
    this.#firstByteMs = movingAverage(this.#firstByteMs, firstByteMs)
    this.#failureRate = movingAverage(this.#failureRate, 0)
    this.#failuresInRow = 0
    this.#pausedUntilMs = 0
  }

  /** The provider is full of other people's work, or waits for a voucher of ours: no fault, ask again soon. */
  refusedForNow(nowMs: number): void {
    this.#busyUntilMs = nowMs + busyMs
  }

  /** Pauses the provider, longer with each failure in a row. `unit` is a random number in [0, 1). */
  failed(reason: DemotionReason, nowMs: number, unit: number): void {
    this.#lastReason = reason
    this.#failureRate = movingAverage(this.#failureRate, 1)
    const pause = backoffMs(this.#failuresInRow, firstPauseMs[reason], longestPauseMs[reason], unit)
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + firstPauseMs[reason] / 2 + pause)
    this.#failuresInRow += 1
  }

  async close(): Promise<void> {
    await this.pool.destroy()
  }
}
