/** Streams paid step by step: a voucher buys the next step while the stream runs (specs/0022 section 7.4). */
import { KoinonError } from '@koinon/base'
import type { CashDesk, HeldPayment } from '../../provider/cash-desk.ts'
import type { HeldStream } from '../../provider/wire.ts'
import { commitmentBusy } from '../../rules/paid-call-refusals.ts'
import type { PaymentCredential } from '../rules/credential.ts'
import type { MppReceipt } from '../rules/receipt.ts'
import { GrowingCall } from './growing-call.ts'
import { type OpenStream, OpenStreams, type OpenStreamsOptions, type StreamStart } from './open-streams.ts'

export type SteppedStream = StreamStart & HeldStream

export type SteppedStreamsOptions = OpenStreamsOptions & { readonly desk: CashDesk }

/** The streams under way of one seller. */
export class SteppedStreams {
  readonly #options: SteppedStreamsOptions
  readonly #streams: OpenStreams

  constructor(options: SteppedStreamsOptions) {
    this.#options = options
    this.#streams = new OpenStreams(options)
  }

  /** True when a credential's challenge began a stream that is under way. */
  isOpen(credential: PaymentCredential): boolean {
    return this.#streams.isOpen(credential)
  }

  /** As `OpenStreams.offer`. */
  offer(credential: PaymentCredential): Promise<MppReceipt | undefined> {
    return this.#streams.offer(credential)
  }

  /** A stream that is charged once, at its end, for what its vouchers cover. Close it in every case. */
  grow(start: StreamStart): GrowingCall {
    return new GrowingCall(this.#streams, start)
  }

  /** The bytes to send, charged by the step. Ends the held step in every case: charged for what was sent, released when the parts fail of themselves. */
  async *run(stream: SteppedStream): AsyncGenerator<Uint8Array, void, undefined> {
    const { challenge, parts, requestHash, terms, voucher } = stream
    let held: HeldPayment | undefined = stream.held
    let next: HeldPayment | undefined
    let sent: Uint8Array[] = []
    let spentAtomic = 0n
    const state = this.#streams.open({
      challenge,
      terms,
      payer: stream.held.payer,
      voucher,
      canTake: () => next === undefined,
      take: async (commitment) => {
        const receivedAtMs = this.#options.clock.nowMs()
        const admission = await this.#options.desk.admit({ terms, commitment, requestHash, receivedAtMs })
        if (admission.state !== 'held') throw commitmentBusy()
        if (this.#streams.isUnderWay(state)) next = admission.payment
        else admission.payment.release()
        return next === admission.payment
      },
    })
    const endStep = async (): Promise<void> => {
      const ending = held
      held = undefined
      if (spentAtomic === 0n) ending?.release()
      else if (ending !== undefined) state.charge = (await ending.charge(stream.resultOf(sent, spentAtomic))).charge
      sent = []
      spentAtomic = 0n
    }
    let isFailing = false
    try {
      for await (const part of parts) {
        if (part.costAtomic > terms.maximumAtomic) throw tooDear(part.costAtomic, terms.maximumAtomic)
        if (spentAtomic + part.costAtomic > terms.maximumAtomic) {
          await endStep()
          if (next === undefined) yield this.#streams.needEvent(state, owedAtomic(state))
          if (next === undefined) await this.#streams.nextVoucher(state, stream.signal)
          if (next === undefined || stream.signal?.aborted === true) break
          held = next
          next = undefined
        }
        spentAtomic += part.costAtomic
        sent.push(part.bytes)
        yield part.bytes
      }
      await endStep()
      if (state.charge !== undefined) yield this.#streams.receiptEvent(state)
    } catch (error) {
      isFailing = true
      throw error
    } finally {
      this.#streams.close(state)
      next?.release()
      if (isFailing && !stream.isCutOff()) held?.release()
      else await endStep()
    }
  }
}

function owedAtomic({ charge, voucher }: OpenStream): bigint {
  return charge?.channel?.owedAtomic ?? voucher.maxClaimableAtomic
}

function tooDear(costAtomic: bigint, stepAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/step-too-small',
    message: `A part of the stream costs ${costAtomic} atomic units and a step ${stepAtomic}`,
    details: { costAtomic: costAtomic.toString(), stepAtomic: stepAtomic.toString() },
  })
}
