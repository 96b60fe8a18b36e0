/** Payments of `upto` under way: who verified one says what it comes to, and nobody else (specs/0022-machine-payments.md section 9). */
import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackHost } from '@koinon/base/node'
import type { VerifyAnswer } from './facilitator-wire.ts'
import type { UpToPayment } from './up-to-scheme.ts'

type Hold = {
  readonly payer: Address
  /** Address of who verified it; undefined where calls come from this process. */
  readonly caller: string | undefined
  readonly network: string | undefined
  readonly untilMs: number
}

export type HoldBounds = { readonly total: number; readonly ofPayer: number; readonly ofNetwork: number }

const usualBounds: HoldBounds = { total: 20_000, ofPayer: 500, ofNetwork: 5_000 }

/** None makes room for another: whose hold went, its payer could settle for next to nothing what a server works for. */
export class UpToHolds {
  readonly #clock: Clock
  readonly #bounds: HoldBounds
  readonly #holds = new Map<Hex, Hold>()
  /** Looked at at this moment, and for whom. */
  readonly #verifying = new Map<Hex, Pick<Hold, 'caller'>>()
  /** How many settle one at this moment. */
  readonly #settling = new Map<Hex, number>()

  constructor(clock: Clock, bounds: HoldBounds = usualBounds) {
    this.#clock = clock
    this.#bounds = bounds
  }

  /**
   * What `check` says of a payment, which is `caller`'s until it ends where that is yes. Undefined where it is somebody's already. Throws
   * `payments/facilitator-busy` where there is no room.
   */
  async verify(
    { key, payer, authorization }: UpToPayment,
    caller: string | undefined,
    check: () => Promise<VerifyAnswer>,
  ): Promise<VerifyAnswer | undefined> {
    if (this.#verifying.has(key) || this.#settling.has(key) || this.#heldBy(key) !== undefined) return undefined
    const network = networkOf(caller)
    this.#checkRoom(payer, network)
    this.#verifying.set(key, { caller })
    try {
      const answer = await check()
      const untilMs = Number(authorization.validBefore) * 1000
      if (answer.isValid) this.#holds.set(key, { payer, caller, network, untilMs })
      return answer
    } finally {
      this.#verifying.delete(key)
    }
  }

  /** What `settle` says, asked only where no other caller verified the payment or is about to; else undefined. */
  async settle<T>(key: Hex, caller: string | undefined, settle: () => Promise<T>): Promise<T | undefined> {
    const owner = this.#heldBy(key) ?? this.#verifying.get(key)
    if (owner !== undefined && owner.caller !== caller) return undefined
    this.#settling.set(key, (this.#settling.get(key) ?? 0) + 1)
    try {
      return await settle()
    } finally {
      const others = (this.#settling.get(key) as number) - 1
      if (others > 0) this.#settling.set(key, others)
      else this.#settling.delete(key)
    }
  }

  /** Of a payment that has moved, was settled for nothing, or never will. */
  release(key: Hex): void {
    this.#holds.delete(key)
  }

  #heldBy(key: Hex): Hold | undefined {
    const hold = this.#holds.get(key)
    return hold !== undefined && hold.untilMs > this.#clock.nowMs() ? hold : undefined
  }

  #checkRoom(payer: Address, network: string | undefined): void {
    const nowMs = this.#clock.nowMs()
    let [ofPayer, ofNetwork] = [0, 0]
    for (const [key, hold] of this.#holds) {
      if (hold.untilMs <= nowMs) this.#holds.delete(key)
      else {
        if (hold.payer === payer) ofPayer++
        if (network !== undefined && hold.network === network) ofNetwork++
      }
    }
    if (ofPayer >= this.#bounds.ofPayer) throw noRoom('of this payer')
    if (ofNetwork >= this.#bounds.ofNetwork) throw noRoom('verified from this address')
    if (this.#holds.size >= this.#bounds.total) throw noRoom('in all')
  }
}

/** Undefined for this machine, which may stand for many behind a proxy of its own. */
function networkOf(caller: string | undefined): string | undefined {
  if (caller === undefined || caller === '::1' || isLoopbackHost(ipNetworkOf(caller))) return undefined
  return ipNetworkOf(caller)
}

function noRoom(whose: string): KoinonError {
  return new KoinonError({
    code: 'payments/facilitator-busy',
    message: `The facilitator keeps as many payments up to a ceiling ${whose} as it takes`,
    hint: 'Try again when some of them are settled or over.',
    retry: 'later',
    details: { retryAfterSeconds: 2 },
  })
}
