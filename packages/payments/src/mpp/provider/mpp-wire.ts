/** MPP as a wire of a paywall, beside x402 in the same 402 (specs/0022 section 7). */
import type { Clock } from '@koinon/base'
import type { Wire, WireAttempt, WireRequest } from '../../paywall/wire.ts'
import { formatChallenge, type PaymentChallenge } from '../rules/challenge.ts'
import type { PaymentCredential } from '../rules/credential.ts'
import { paymentRequired, problemOf } from '../rules/problems.ts'
import { formatReceipt, receiptOf } from '../rules/receipt.ts'
import type { MppDoor } from './mpp-door.ts'
import type { SteppedStreams } from './stepped-streams.ts'

export type MppWireOptions = {
  readonly door: MppDoor
  readonly clock: Clock
  /** Streams under way that further vouchers may be for. */
  readonly streams?: SteppedStreams
}

/** The MPP wire of a paywall. What is wrong with a credential is answered with fresh challenges. */
export function createMppWire({ door, clock, streams }: MppWireOptions): Wire {
  return {
    name: 'mpp',
    challenge(terms, request, { error }) {
      const challenges = door.challenges(request, terms)
      const [first] = challenges
      if (first === undefined) return { headers: {} }
      const { status: _, ...problem } = error === undefined ? paymentRequired(first.id) : problemOf(error, first.id)
      return {
        headers: {
          'www-authenticate': challenges.map(formatChallenge).join(', '),
          'content-type': 'application/problem+json',
        },
        body: { ...problem, status: 402 },
      }
    },
    read(request, terms): WireAttempt | undefined {
      try {
        const credential = door.credential(request.headers)
        if (credential === undefined) return undefined
        if (streams?.isOpen(credential) === true) return voucherOf(streams, credential)
        const { commitment } = door.read(credential, request, terms)
        return { kind: 'call', commitment }
      } catch (error) {
        return { kind: 'act', perform: () => Promise.reject(error) }
      }
    },
    receipt(charge, terms, _bundle, request) {
      const challenge = challengeIn(door, request)
      if (challenge === undefined) return {}
      return { 'payment-receipt': formatReceipt(receiptOf(charge, challenge, terms.chainId, clock.nowMs())) }
    },
  }
}

function voucherOf(streams: SteppedStreams, credential: PaymentCredential): WireAttempt {
  return {
    kind: 'act',
    async perform() {
      const receipt = await streams.offer(credential)
      const headers: Record<string, string> = receipt === undefined ? {} : { 'payment-receipt': formatReceipt(receipt) }
      return { status: receipt === undefined ? 410 : 200, headers, body: { isTaken: receipt !== undefined } }
    },
  }
}

function challengeIn(door: MppDoor, request: WireRequest): PaymentChallenge | undefined {
  try {
    return door.credential(request.headers)?.challenge
  } catch {
    return undefined
  }
}
