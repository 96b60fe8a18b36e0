import type { Hex } from '@koinon/base'
import { type AnswerHeaders, ipNetworkOf } from '@koinon/base/node'
import { openAiError } from '../rules/openai-error.ts'
import type { KeyRecord } from './key-registry.ts'
import { type RateDecision, RateLimiter } from './rate-limiter.ts'

export type AllowanceLimits = {
  /** Of one key, and of all keys of one payer together. */
  readonly requestsPerMinute: number
  readonly requestsPerMinutePerPayer: number
  /** Answers at once, of one key and of one payer. */
  readonly inFlightPerKey: number
  readonly inFlightPerPayer: number
  /** Registrations and revocations of keys from one address. */
  readonly keyCallsPerMinute: number
  /** Requests without a key from one address, paid or not: what they cost before their payment is looked at. */
  readonly doorCallsPerMinute: number
}

/** What the gateway is asked for: answers, or what costs it reads only. Each has an allowance of its own. */
export type AskedFor = 'answers' | 'reads'

/** What each key, each payer and each stranger may ask. Keys and channels are cheap to make, payers' deposits are not. */
export class Allowances {
  readonly #limits: AllowanceLimits
  readonly #perKey: RateLimiter
  readonly #perPayer: RateLimiter
  readonly #perAddress: RateLimiter
  readonly #atTheDoor: RateLimiter
  readonly #inFlight = new Map<string, number>()

  constructor(limits: AllowanceLimits) {
    this.#limits = limits
    this.#perKey = new RateLimiter({ requestsPerMinute: limits.requestsPerMinute })
    this.#perPayer = new RateLimiter({ requestsPerMinute: limits.requestsPerMinutePerPayer })
    this.#perAddress = new RateLimiter({ requestsPerMinute: limits.keyCallsPerMinute })
    this.#atTheDoor = new RateLimiter({ requestsPerMinute: limits.doorCallsPerMinute })
  }

  /** Counts one request; returns OpenAI's headers, which tell of whichever bound is nearer. Throws 429. */
  take(askedFor: AskedFor, key: Pick<KeyRecord, 'keyHash' | 'payer'>, nowMs: number): AnswerHeaders {
    const ofKey = this.#perKey.take(`${askedFor} ${key.keyHash}`, nowMs)
    if (!ofKey.isAllowed) throw tooMany('This key', ofKey)
    const ofPayer = this.#perPayer.take(`${askedFor} ${key.payer}`, nowMs)
    if (!ofPayer.isAllowed) throw tooMany('The payer of this key, with all its keys together,', ofPayer)
    return rateHeaders(ofPayer.remaining < ofKey.remaining ? ofPayer : ofKey)
  }

  /** Counts one call by somebody who has shown no key. Throws 429. */
  takeAsStranger(address: string | undefined, nowMs: number): AnswerHeaders {
    const rate = this.#perAddress.take(ipNetworkOf(address ?? 'unknown'), nowMs)
    if (!rate.isAllowed) throw tooMany('This address', rate)
    return rateHeaders(rate)
  }

  /** Counts one request without a key. Throws 429. */
  takeAtTheDoor(address: string | undefined, nowMs: number): AnswerHeaders {
    const rate = this.#atTheDoor.take(ipNetworkOf(address ?? 'unknown'), nowMs)
    if (!rate.isAllowed) throw tooMany('This address', rate)
    return rateHeaders(rate)
  }

  /** Counts an answer that begins; call what it returns when the answer has ended. Throws 429. */
  enter({ keyHash, payer }: Pick<KeyRecord, 'keyHash' | 'payer'>): () => void {
    const { inFlightPerKey, inFlightPerPayer } = this.#limits
    this.#refuseFull(keyHash, inFlightPerKey, 'This key has')
    this.#refuseFull(payer, inFlightPerPayer, 'The payer of this key has')
    for (const who of [keyHash, payer]) this.#inFlight.set(who, (this.#inFlight.get(who) ?? 0) + 1)
    return () => {
      for (const who of [keyHash, payer]) {
        const left = (this.#inFlight.get(who) ?? 1) - 1
        if (left === 0) this.#inFlight.delete(who)
        else this.#inFlight.set(who, left)
      }
    }
  }

  #refuseFull(who: Hex, most: number, subject: string): void {
    const count = this.#inFlight.get(who) ?? 0
    if (count < most) return
    throw openAiError({
      status: 429,
      code: 'too_many_requests',
      message: `${subject} ${count} answers under way, the most it may have. Wait for one to end.`,
      retryAfterSeconds: 1,
    })
  }
}

function rateHeaders(rate: RateDecision): AnswerHeaders {
  return {
    'x-ratelimit-limit-requests': rate.limit,
    'x-ratelimit-remaining-requests': rate.remaining,
    'x-ratelimit-reset-requests': `${rate.resetSeconds}s`,
  }
}

function tooMany(subject: string, rate: RateDecision): Error {
  return openAiError({
    status: 429,
    code: 'rate_limit_exceeded',
    message: `${subject} may ask ${rate.limit} times a minute. Wait ${rate.resetSeconds} s and try again.`,
    retryAfterSeconds: rate.resetSeconds,
  })
}
