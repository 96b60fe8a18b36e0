/** What one answer may still ask or tell: strangers make what it is about as large as they like. */
export class Allowance {
  #left: number
  #isExceeded = false

  constructor(most: number) {
    this.#left = most
  }

  /** As many of `wished` as are left. */
  take(wished: number): number {
    const taken = Math.min(wished, this.#left)
    this.#left -= taken
    this.#isExceeded ||= taken < wished
    return taken
  }

  /** All of them or none. */
  takeAll(wished: number): boolean {
    if (wished <= this.#left) return this.take(wished) === wished
    this.#isExceeded = true
    return false
  }

  /** True once something had to be left out. */
  get isExceeded(): boolean {
    return this.#isExceeded
  }
}
