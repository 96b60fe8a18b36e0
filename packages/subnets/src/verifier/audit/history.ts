/** Values that change with time, as they were at the end of any second. */

/** Ascending in time; a second's last value counts. */
export class History<value> {
  readonly #entries: { readonly seconds: number; value: value }[] = []

  set(seconds: number, value: value): void {
    const last = this.#entries.at(-1)
    if (last?.seconds === seconds) last.value = value
    else this.#entries.push({ seconds, value })
  }

  /** At the end of a second; undefined before the first. */
  at(seconds: number): value | undefined {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle] as { seconds: number }).seconds > seconds) high = middle
      else low = middle + 1
    }
    return this.#entries[low - 1]?.value
  }

  /** When it changed, ascending. */
  get moments(): readonly number[] {
    return this.#entries.map(({ seconds }) => seconds)
  }

  /** Now. */
  get latest(): value | undefined {
    return this.#entries.at(-1)?.value
  }
}
