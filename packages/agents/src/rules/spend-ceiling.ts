import { formatUnits, KoinonError, picoUsdDecimals } from '@koinon/base'

/** Money set aside for one call. Exactly one of the two ends it; a call whose outcome is unknown keeps what it set aside. */
export type SetAside = {
  /** It cost this much, pico-dollars. */
  settle(actualPicoUsd: bigint): void
  /** It cost nothing, for sure. */
  release(): void
}

/** The most a process spends, pico-dollars (1e-12 dollar): worst cases of calls under way count until their cost is known. */
export class SpendCeiling {
  readonly maximumPicoUsd: bigint
  #spent = 0n
  #reserved = 0n

  constructor(maximumPicoUsd: bigint) {
    this.maximumPicoUsd = maximumPicoUsd
  }

  get spentPicoUsd(): bigint {
    return this.#spent
  }

  /** What a next call may cost at most. */
  get leftPicoUsd(): bigint {
    const left = this.maximumPicoUsd - this.#spent - this.#reserved
    return left > 0n ? left : 0n
  }

  /** Throws `budget/ceiling` when the worst case does not fit. */
  setAside(worstPicoUsd: bigint): SetAside {
    if (worstPicoUsd < 0n || worstPicoUsd > this.leftPicoUsd)
      throw new KoinonError({
        code: 'budget/ceiling',
        message: `This call may cost ${formatUnits(worstPicoUsd, picoUsdDecimals)} dollars and ${formatUnits(this.leftPicoUsd, picoUsdDecimals)} of the ceiling is left`,
        hint: 'Ask for less, or let the person who started this server raise its ceiling.',
        details: { worstPicoUsd: `${worstPicoUsd}`, leftPicoUsd: `${this.leftPicoUsd}` },
      })
    this.#reserved += worstPicoUsd
    let isOpen = true
    const end = (actual: bigint): void => {
      if (!isOpen) return
      isOpen = false
      this.#reserved -= worstPicoUsd
      this.#spent += actual
    }
    return { settle: end, release: () => end(0n) }
  }
}
