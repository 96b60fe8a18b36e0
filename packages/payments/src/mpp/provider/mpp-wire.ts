/** MPP as a wire of a paywall, beside x402 in the same 402 (specs/0022 section 7). */
import { type Clock, KoinonError } from '@koinon/base'
import type { ChannelRefunder } from '../../provider/channel-refund.ts'
import type { SteppedCall, Wire, WireAttempt, WireRequest } from '../../provider/wire.ts'
import { type ChannelCommitment, type Charge, type PaymentTerms, stepTerms, withoutSteps } from '../../rules/terms.ts'
import { formatChallenge, type PaymentChallenge } from '../rules/challenge.ts'
import type { PaymentCredential } from '../rules/credential.ts'
import { paymentRequired, problemOf } from '../rules/problems.ts'
import { formatReceipt, type MppReceipt, mppReceiptOf } from '../rules/receipt.ts'
import { isStepChallenge } from '../rules/session.ts'
import type { MppDoor } from './mpp-door.ts'
import type { SteppedStreams } from './stepped-streams.ts'

export type MppWireOptions = {
  readonly door: MppDoor
  readonly clock: Clock
  /** Streams that may be paid by the step; left out, every call is paid whole. */
  readonly streams?: SteppedStreams
  /** Gives back what a channel does not owe when its payer closes a session; left out, payers withdraw by themselves. */
  readonly refunder?: ChannelRefunder
}

/** The MPP wire of a paywall. What is wrong with a credential is answered with fresh challenges. */
export function createMppWire({ door, clock, streams, refunder }: MppWireOptions): Wire {
  return {
    name: 'mpp',
    challenge(terms, request, { error }) {
      const challenges = door.challenges(request, streams === undefined ? withoutSteps(terms) : terms)
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
        if (commitment.backEnd !== 'channel') return { kind: 'call', commitment }
        if (action !== 'close') {
          if (streams === undefined || !isStepChallenge(challenge)) return { kind: 'call', commitment }
          return { kind: 'call', commitment, stepped: steppedCall(streams, terms, commitment, challenge) }
        }
        if (refunder === undefined) throw noClose()
        return closeOf(refunder, commitment, (charge) => mppReceiptOf(charge, challenge, terms.chainId, clock.nowMs()))
      } catch (error) {
        return { kind: 'act', perform: () => Promise.reject(error) }
      }
    },
    readAside(request) {
      const credential = credentialIn(door, request)
      return credential !== undefined && streams?.isOpen(credential) === true
        ? voucherOf(streams, credential)
        : undefined
    },
    receipt(charge, terms, _bundle, request) {
      const challenge = credentialIn(door, request)?.challenge
      if (challenge === undefined) return {}
      return { 'payment-receipt': formatReceipt(mppReceiptOf(charge, challenge, terms.chainId, clock.nowMs())) }
    },
  }
}

function steppedCall(
  streams: SteppedStreams,
  terms: PaymentTerms,
  { voucher }: ChannelCommitment,
  challenge: PaymentChallenge,
): SteppedCall {
  const start = { terms: stepTerms(terms), challenge, voucher }
  return {
    terms: start.terms,
    run: (stream) => streams.run({ ...start, ...stream }),
    grow: (call) => streams.grow({ ...start, ...call }),
  }
}

function voucherOf(streams: SteppedStreams, credential: PaymentCredential): Extract<WireAttempt, { kind: 'act' }> {
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
  { config, voucher }: ChannelCommitment,
  receipt: (charge: Charge) => MppReceipt,
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

function credentialIn(door: MppDoor, request: WireRequest): PaymentCredential | undefined {
  try {
    return door.credential(request.headers)
  } catch {
    return undefined
  }
}
