/** One call whose maximum grows by a step with every voucher, charged once at its end (specs/0022 section 7.4). */
import type { GrowingPayment } from '../../provider/wire.ts'
import type { Charge } from '../../rules/terms.ts'
import type { OpenStream, OpenStreams, StreamStart } from './open-streams.ts'

/** Vouchers are taken until `close`. */
export class GrowingCall implements GrowingPayment {
  readonly #streams: OpenStreams
  readonly #start: StreamStart
  readonly #state: OpenStream

  constructor(streams: OpenStreams, start: StreamStart) {
    const { challenge, held, terms, voucher } = start
    this.#streams = streams
    this.#start = start
    this.#state = streams.open({
      challenge,
      terms,
      payer: held.payer,
      voucher,
      canTake: () => true,
      take: async ({ voucher: next, deposit }) => {
        if (held.extend === undefined) throw new Error('only what a channel pays grows')
        await held.extend(next, held.maximumAtomic + terms.maximumAtomic, deposit)
        return streams.isUnderWay(this.#state)
      },
    })
  }

  /** What the vouchers cover by now, atomic units. */
  get coveredAtomic(): bigint {
    return this.#start.held.maximumAtomic
  }

  /**
   * Asks for vouchers until they cover so much; `ask` sends the event that asks. False when the payer does not go on: its time was over, it
   * is gone, or the call was closed.
   */
  async cover(totalAtomic: bigint, ask: (event: Uint8Array) => void): Promise<boolean> {
    while (this.coveredAtomic < totalAtomic) {
      const { signal } = this.#start
      const beforeAtomic = this.coveredAtomic
      ask(this.#streams.needEvent(this.#state, this.#state.voucher.maxClaimableAtomic))
      await this.#streams.nextVoucher(this.#state, signal)
      if (this.coveredAtomic === beforeAtomic || signal?.aborted === true) return false
    }
    return true
  }

  /** The event that ends the stream, once it is charged. */
  receiptEvent(charge: Charge): Uint8Array {
    this.#state.charge = charge
    return this.#streams.receiptEvent(this.#state)
  }

  /** Takes no more vouchers. The payment that was held is the caller's to charge or release. */
  close(): void {
    this.#streams.close(this.#state)
  }
}
