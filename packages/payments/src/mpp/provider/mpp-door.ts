/** The seller's side of MPP: challenges without memory, and the commitments in what comes back (specs/0022 section 7). */
import { type Clock, type Hex, KoinonError, type Random } from '@koinon/base'
import type { ChannelConfig } from '../../rules/channel.ts'
import type { Commitment, PaymentTerms } from '../../rules/terms.ts'
import type { PaymentChallenge } from '../rules/challenge.ts'
import {
  challengeId,
  contentDigest,
  isDigestOf,
  isOwnChallenge,
  opaqueOf,
  routeInOpaque,
  routeOf,
} from '../rules/challenge-id.ts'
import { chargeCommitment, chargeRequest } from '../rules/charge.ts'
import { badCredential, maximumCredentialLength, type PaymentCredential, parseCredential } from '../rules/credential.ts'
import { readSessionPayload, type SessionTerms, sessionRequest } from '../rules/session.ts'

export type MppDoorOptions = {
  /** Secrets of at least 32 bytes: the first makes ids, all are believed, so that a key can be changed without refusing anybody. */
  readonly keys: readonly Uint8Array[]
  /** The host under which payers know the seller. */
  readonly realm: string
  readonly clock: Clock
  readonly random: Random
  /** The channels that are taken; without it there are no sessions. */
  readonly session?: SessionTerms
  /** Terms of a channel that the seller knows. */
  readonly configOf?: (channelId: Hex) => ChannelConfig | undefined
}

/** A request as it came. */
export type CallRequest = {
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly body: Uint8Array
}

/** What a credential brought. */
export type MppPayment = {
  readonly challenge: PaymentChallenge
  readonly action: 'charge' | 'voucher' | 'close'
  readonly commitment: Commitment
}

/** A challenge outlives the call by this, so that its authorization does too. */
const signingSeconds = 240
const longestLifeSeconds = 3000

/** Makes challenges and reads credentials. Keeps nothing. */
export class MppDoor {
  readonly #options: MppDoorOptions

  constructor(options: MppDoorOptions) {
    if (options.keys.length === 0 || options.keys.some((key) => key.length < 32)) {
      throw new KoinonError({ code: 'payments/mpp-bad-key', message: 'A challenge key has at least 32 bytes' })
    }
    this.#options = options
  }

  /** Fresh challenges for a call, in the order of the terms' back ends; none when no back end of the terms exists here. */
  challenges(call: CallRequest, terms: PaymentTerms): readonly PaymentChallenge[] {
    const { session } = this.#options
    return terms.backEnds.flatMap((backEnd) => {
      if (backEnd === 'exact') return [this.#challenge(call, terms, 'charge', chargeRequest(terms))]
      if (backEnd !== 'channel' || session === undefined) return []
      return [this.#challenge(call, terms, 'session', sessionRequest(terms, session))]
    })
  }

  /** The credential in a request's headers, unread; undefined when there is none. Throws `payments/mpp-bad-credential`. */
  credential(headers: Readonly<Record<string, string | readonly string[] | undefined>>): PaymentCredential | undefined {
    for (const name of ['payment-authorization', 'authorization']) {
      const value = headers[name]
      if (typeof value !== 'string') continue
      if (value.length > maximumCredentialLength) throw badCredential('it is too long')
      const credential = parseCredential(value)
      if (credential !== undefined) return credential
    }
    return undefined
  }

  /**
   * The commitment in a credential, when its challenge is ours, lives, and was made for this route and body. Throws
   * `payments/mpp-challenge-unknown`, `-expired`, `-elsewhere`, `mpp-body-differs`, `mpp-unsupported` and `mpp-bad-credential`.
   */
  read(credential: PaymentCredential, call: CallRequest, terms: PaymentTerms): MppPayment {
    const { challenge } = credential
    this.checkOwn(challenge)
    if (challenge.expires === undefined || Date.parse(challenge.expires) <= this.#options.clock.nowMs()) {
      throw refusal('payments/mpp-challenge-expired', 'The challenge has expired')
    }
    if (routeInOpaque(challenge.opaque) !== routeOf(call.method, call.url)) {
      throw refusal('payments/mpp-challenge-elsewhere', 'The challenge was made for another route')
    }
    const isSameBody = challenge.digest === undefined ? call.body.length === 0 : isDigestOf(challenge.digest, call.body)
    if (!isSameBody) throw refusal('payments/mpp-body-differs', 'The challenge was made for another body')
    return this.readPayload(credential, terms)
  }

  /** Throws `payments/mpp-challenge-unknown` for a challenge that nobody here made in exactly these words. */
  checkOwn(challenge: PaymentChallenge): void {
    const { keys, realm } = this.#options
    if (challenge.realm === realm && keys.some((key) => isOwnChallenge(challenge, key))) return
    throw refusal('payments/mpp-challenge-unknown', 'The challenge was not made here, or was changed since')
  }

  /** The commitment alone, for vouchers of a stream whose challenge was checked when it began. */
  readPayload(credential: PaymentCredential, terms: PaymentTerms): MppPayment {
    const { challenge, payload } = credential
    const { session, configOf = () => undefined } = this.#options
    if (challenge.method === 'evm' && challenge.intent === 'charge') {
      return { challenge, action: 'charge', commitment: chargeCommitment(challenge, terms.asset.token, payload) }
    }
    if (challenge.method !== 'evm' || challenge.intent !== 'session' || session === undefined) {
      throw new KoinonError({
        code: 'payments/mpp-unsupported',
        message: `Method ${challenge.method} with intent ${challenge.intent} is not taken here`,
        details: { status: 400 },
      })
    }
    return { challenge, ...readSessionPayload(payload, session, configOf) }
  }

  #challenge(call: CallRequest, terms: PaymentTerms, intent: 'charge' | 'session', request: string): PaymentChallenge {
    const { clock, keys, random, realm } = this.#options
    const lifeSeconds = Math.min(longestLifeSeconds, terms.timeoutSeconds + signingSeconds)
    const expires = new Date((Math.floor(clock.nowMs() / 1000) + lifeSeconds) * 1000).toISOString()
    const parts = {
      realm,
      method: 'evm',
      intent,
      request,
      expires: expires.replace('.000Z', 'Z'),
      ...(call.body.length === 0 ? {} : { digest: contentDigest(call.body) }),
      opaque: opaqueOf(routeOf(call.method, call.url), random(16)),
    }
    return { id: challengeId(parts, keys[0] as Uint8Array), ...parts }
  }
}

function refusal(code: string, message: string): KoinonError {
  return new KoinonError({
    code,
    message,
    hint: 'Pay the challenge of the answer to this very request.',
    retry: 'now',
    details: { status: 402 },
  })
}
