/** MPP as a wire of a paywall, beside x402 in the same 402 (specs/0022 section 7). */
import { type Clock, KoinonError } from '@koinon/base'
import type { Wire, WireAttempt, WireRequest } from '../../paywall/wire.ts'
import type { Charge, Commitment } from '../../rules/terms.ts'
import type { ChannelRefunder } from '../../x402/provider/channel-refund.ts'
import { formatChallenge, type PaymentChallenge } from '../rules/challenge.ts'
import type { PaymentCredential } from '../rules/credential.ts'
import { paymentRequired, problemOf } from '../rules/problems.ts'
import { formatReceipt, type PaymentReceipt, receiptOf } from '../rules/receipt.ts'
import type { MppDoor } from './mpp-door.ts'
import type { SteppedStreams } from './stepped-streams.ts'

export type MppWireOptions = {
  readonly door: MppDoor
  readonly clock: Clock
  /** Streams under way that further vouchers may be for. */
  readonly streams?: SteppedStreams
  /** Gives back what a channel does not owe when its payer closes a session; left out, payers withdraw by themselves. */
  readonly refunder?: ChannelRefunder
}

/** The MPP wire of a paywall. What is wrong with a credential is answered with fresh challenges. */
export function createMppWire({ door, clock, streams, refunder }: MppWireOptions): Wire {
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
        const { action, commitment, challenge } = door.read(credential, request, terms)
        if (action !== 'close' || commitment.backEnd !== 'channel') return { kind: 'call', commitment }
        if (refunder === undefined) throw noClose()
        return closeOf(refunder, commitment, (charge) => receiptOf(charge, challenge, terms.chainId, clock.nowMs()))
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

/** The rest of the channel goes back to its payer in one transaction. */
function closeOf(
  refunder: ChannelRefunder,
  { config, voucher }: Extract<Commitment, { backEnd: 'channel' }>,
  receipt: (charge: Charge) => PaymentReceipt,
): WireAttempt {
  return {
    kind: 'act',
    async perform() {
      const { transaction, channel } = await refunder.refund({ config, voucher, amountAtomic: undefined })
      const closed = receipt({ payer: config.payer, chargedAtomic: 0n, channel })
      const headers = { 'payment-receipt': formatReceipt({ ...closed, txHash: transaction }) }
      return { status: 200, headers, body: { transaction } }
    },
  }
}

function noClose(): KoinonError {
  return new KoinonError({
    code: 'payments/mpp-unsupported',
    message: 'Sessions are not closed here; what is left comes back through the escrow',
    details: { status: 400 },
  })
}

function challengeIn(door: MppDoor, request: WireRequest): PaymentChallenge | undefined {
  try {
    return door.credential(request.headers)?.challenge
  } catch {
    return undefined
  }
}
