/** What a caller is told about its allowance. */
export type RateDecision = {
  readonly isAllowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Seconds until one more request is allowed (when refused) or the bucket is full again. */
  readonly resetSeconds: number
}

type Bucket = { tokens: number; atMs: number }

/** Token buckets a key: `requestsPerMinute` refill evenly, up to a minute's worth may come at once. */
export class RateLimiter {
  readonly #perMinute: number
  readonly #maximumKeys: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: { readonly requestsPerMinute: number; readonly maximumKeys?: number }) {
    this.#perMinute = options.requestsPerMinute
    this.#maximumKeys = options.maximumKeys ?? 100_000
  }

  take(key: string, nowMs: number): RateDecision {
    const perMs = this.#perMinute / 60_000
    const bucket = this.#buckets.get(key) ?? this.#add(key, nowMs)
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * perMs)
    bucket.atMs = nowMs
    const isAllowed = bucket.tokens >= 1
    if (isAllowed) bucket.tokens -= 1
    const missing = isAllowed ? this.#perMinute - bucket.tokens : 1 - bucket.tokens
    return {
      isAllowed,
      limit: this.#perMinute,
      remaining: Math.floor(bucket.tokens),
      resetSeconds: Math.ceil(missing / perMs / 1000),
    }
  }

  /** Beyond the bound the oldest bucket goes; its owner starts with a full one again. */
  #add(key: string, nowMs: number): Bucket {
    if (this.#buckets.size >= this.#maximumKeys) this.#buckets.delete(this.#buckets.keys().next().value as string)
    const bucket = { tokens: this.#perMinute, atMs: nowMs }
    this.#buckets.set(key, bucket)
    return bucket
  }
}
