import type { Address, Clock } from '@koinon/base'

const spanMs = 3_600_000
const mostInSpan = 3
const mostPayers = 10_000

/** Who made the seller work and then could not pay: such payers are asked to pay first (specs/0022-machine-payments.md section 4). */
export class PayerLosses {
  readonly #clock: Clock
  readonly #times = new Map<Address, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A settlement of this payer was refused. */
  note(payer: Address, atMs: number): void {
    const times = [...this.#recent(payer), atMs]
    this.#times.delete(payer)
    this.#times.set(payer, times.slice(-mostInSpan - 1))
    if (this.#times.size > mostPayers) this.#times.delete(this.#times.keys().next().value as Address)
  }

  /** More than three losses within an hour, calls under way that may become some counted with them. */
  mustPayFirst(payer: Address, onCredit: number): boolean {
    return this.#recent(payer).length + onCredit > mostInSpan
  }

  #recent(payer: Address): readonly number[] {
    return (this.#times.get(payer) ?? []).filter((atMs) => atMs > this.#clock.nowMs() - spanMs)
  }
}
