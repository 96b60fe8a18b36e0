/** Streams paid step by step: a voucher buys the next step while the stream runs (specs/0022 section 7.4). */
import { type Clock, type Hex, KoinonError, sleep } from '@koinon/base'
import { verifyVoucher } from '../../core/voucher-signing.ts'
import type { CallResult, CashDesk, HeldPayment } from '../../provider/cash-desk.ts'
import { commitmentMismatch } from '../../rules/authorization.ts'
import type { EscrowDomain } from '../../rules/channel.ts'
import { commitmentBusy, voucherForged } from '../../rules/paid-call-refusals.ts'
import type { Charge, PaymentTerms } from '../../rules/terms.ts'
import type { SignedVoucher } from '../../rules/voucher.ts'
import type { PaymentChallenge } from '../rules/challenge.ts'
import type { PaymentCredential } from '../rules/credential.ts'
import { type PaymentReceipt, receiptOf } from '../rules/receipt.ts'
import { needVoucherEvent, receiptEvent } from '../rules/stream-events.ts'
import type { MppDoor } from './mpp-door.ts'

/** One or more whole events and what they cost, at most a step. */
export type StreamPart = { readonly bytes: Uint8Array; readonly costAtomic: bigint }

export type SteppedStream = {
  /** With the step as maximum. */
  readonly terms: PaymentTerms
  readonly challenge: PaymentChallenge
  readonly requestHash: Hex
  readonly parts: AsyncIterable<StreamPart>
  /** Aborts when the client is gone, so that nobody waits for its voucher. */
  readonly signal?: AbortSignal
  /** The step that was held before the stream began, and the voucher it was held on. */
  readonly held: HeldPayment
  readonly voucher: SignedVoucher
  /** What a step came to, for its receipt; told the bytes that were sent in it. */
  readonly resultOf: (sent: readonly Uint8Array[], chargedAtomic: bigint) => CallResult
}

export type SteppedStreamsOptions = {
  readonly desk: CashDesk
  readonly door: MppDoor
  readonly domain: EscrowDomain
  readonly clock: Clock
  /** How long a stream waits for a voucher; 30 s unless given. */
  readonly voucherTimeoutMs?: number
}

type OpenStream = {
  readonly stream: SteppedStream
  voucher: SignedVoucher
  charge: Charge | undefined
  /** A step that was paid ahead of its need. */
  next: HeldPayment | undefined
  isAdmitting: boolean
  wake: () => void
}

/** The streams under way of one seller, by the challenge that each was begun with. */
export class SteppedStreams {
  readonly #options: SteppedStreamsOptions
  readonly #open = new Map<string, OpenStream>()

  constructor(options: SteppedStreamsOptions) {
    this.#options = options
  }

  /** The bytes to send. Ends the held step in every case: charged for what was sent, released when the parts fail. */
  async *run(stream: SteppedStream): AsyncGenerator<Uint8Array, void, undefined> {
    const { challenge, parts, terms } = stream
    const state: OpenStream = {
      stream,
      voucher: stream.voucher,
      charge: undefined,
      next: undefined,
      isAdmitting: false,
      wake: () => undefined,
    }
    let held: HeldPayment | undefined = stream.held
    let sent: Uint8Array[] = []
    let spentAtomic = 0n
    const endStep = async (): Promise<void> => {
      const ending = held
      held = undefined
      if (spentAtomic === 0n) ending?.release()
      else if (ending !== undefined) state.charge = (await ending.charge(stream.resultOf(sent, spentAtomic))).charge
      sent = []
      spentAtomic = 0n
    }
    this.#open.set(challenge.id, state)
    let isFailing = false
    try {
      for await (const part of parts) {
        if (part.costAtomic > terms.maximumAtomic) throw tooDear(part.costAtomic, terms.maximumAtomic)
        if (spentAtomic + part.costAtomic > terms.maximumAtomic) {
          await endStep()
          if (state.next === undefined) yield needVoucherEvent(needOf(state))
          held = await this.#nextStep(state)
          if (held === undefined) break
        }
        spentAtomic += part.costAtomic
        sent.push(part.bytes)
        yield part.bytes
      }
      await endStep()
      if (state.charge !== undefined) yield receiptEvent(this.#receipt(state, state.charge))
    } catch (error) {
      isFailing = true
      throw error
    } finally {
      this.#open.delete(challenge.id)
      state.next?.release()
      if (isFailing) held?.release()
      else await endStep()
    }
  }

  /** True when a credential's challenge began a stream that is under way. */
  isOpen(credential: PaymentCredential): boolean {
    return this.#open.has(credential.challenge.id)
  }

  /**
   * Takes a voucher for the stream that its challenge began; undefined when no such stream is under way. Resolves with the receipt
   * when the voucher is held or was before. Throws what the desk throws, and `payments/commitment-mismatch` for another channel.
   */
  async offer(credential: PaymentCredential): Promise<PaymentReceipt | undefined> {
    const { desk, door, domain } = this.#options
    const state = this.#open.get(credential.challenge.id)
    if (state === undefined) return undefined
    door.checkOwn(credential.challenge)
    const { terms, requestHash, voucher: first } = state.stream
    const { commitment } = door.readPayload(credential, terms)
    if (commitment.backEnd !== 'channel' || commitment.voucher.channelId !== first.channelId)
      throw commitmentMismatch('channelId', 'another', first.channelId)
    const { config, voucher } = commitment
    if (voucher.maxClaimableAtomic <= state.voucher.maxClaimableAtomic) {
      if (!verifyVoucher(voucher, config.payerAuthorizer, domain)) throw voucherForged()
      return this.#receipt(state, state.charge)
    }
    if (state.next !== undefined || state.isAdmitting) throw commitmentBusy()
    state.isAdmitting = true
    try {
      const receivedAtMs = this.#options.clock.nowMs()
      const admission = await desk.admit({ terms, commitment, requestHash, receivedAtMs })
      if (admission.state !== 'held') throw commitmentBusy()
      if (this.#open.get(credential.challenge.id) !== state) {
        admission.payment.release()
        return undefined
      }
      state.next = admission.payment
      state.voucher = voucher
      state.wake()
      return this.#receipt(state, state.charge)
    } finally {
      state.isAdmitting = false
    }
  }

  async #nextStep(state: OpenStream): Promise<HeldPayment | undefined> {
    const { signal } = state.stream
    if (state.next === undefined && signal?.aborted !== true) {
      const waiting = new AbortController()
      state.wake = () => waiting.abort()
      signal?.addEventListener('abort', state.wake, { once: true })
      await sleep(this.#options.voucherTimeoutMs ?? 30_000, waiting.signal)
      signal?.removeEventListener('abort', state.wake)
      state.wake = () => undefined
    }
    if (signal?.aborted === true) return undefined
    const { next } = state
    state.next = undefined
    return next
  }

  #receipt(state: OpenStream, charge: Charge | undefined): PaymentReceipt {
    const { challenge, held, terms } = state.stream
    const { chainId } = terms
    const nothing = { payer: held.payer, chargedAtomic: 0n }
    const { maxClaimableAtomic, channelId } = state.voucher
    const receipt = receiptOf(charge ?? nothing, challenge, chainId, this.#options.clock.nowMs(), maxClaimableAtomic)
    return charge === undefined ? { ...receipt, reference: channelId, channelId } : receipt
  }
}

function needOf({ charge, voucher, stream }: OpenStream) {
  const owedAtomic = charge?.channel?.owedAtomic ?? voucher.maxClaimableAtomic
  return {
    channelId: voucher.channelId,
    requiredCumulativeAtomic: owedAtomic + stream.terms.maximumAtomic,
    acceptedCumulativeAtomic: voucher.maxClaimableAtomic,
    depositAtomic: charge?.channel?.depositAtomic ?? 0n,
  }
}

function tooDear(costAtomic: bigint, stepAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/step-too-small',
    message: `A part of the stream costs ${costAtomic} atomic units and a step ${stepAtomic}`,
    details: { costAtomic: costAtomic.toString(), stepAtomic: stepAtomic.toString() },
  })
}
