import type { Address, Clock } from '@koinon/base'

const spanMs = 3_600_000
const mostInSpan = 3
const mostPayers = 10_000

/** Who made the seller work and then could not pay: such payers are asked to pay first (specs/0022-machine-payments.md section 4). */
export class PayerLosses {
  readonly #clock: Clock
  readonly #times = new Map<Address, number[]>()
  /** Calls under way whose money has not moved, by payer: each was held against the same balance. */
  readonly #onCredit = new Map<Address, number>()

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
  mustPayFirst(payer: Address): boolean {
    return this.#recent(payer).length + (this.#onCredit.get(payer) ?? 0) > mostInSpan
  }

  /** A call of this payer is worked on before its money moves; `giveBack` when that has ended. */
  lend(payer: Address): void {
    this.#onCredit.set(payer, (this.#onCredit.get(payer) ?? 0) + 1)
  }

  giveBack(payer: Address): void {
    const left = (this.#onCredit.get(payer) ?? 1) - 1
    if (left === 0) this.#onCredit.delete(payer)
    else this.#onCredit.set(payer, left)
  }

  #recent(payer: Address): readonly number[] {
    return (this.#times.get(payer) ?? []).filter((atMs) => atMs > this.#clock.nowMs() - spanMs)
  }
}
