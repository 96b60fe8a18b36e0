const widthBits = 4_096
const wordBits = 32

/**
 * Which of the last 4,096 numbers of a session were used. Requests overtake each other on their connections, so numbers come out of
 * order; what lies further back than the window counts as used. Half a kilobyte, whatever the traffic.
 */
export class ReplayWindow {
  readonly #words = new Uint32Array(widthBits / wordBits)
  #highest = 0

  /** True once a number; numbers are positive safe integers. */
  use(number: number): boolean {
    if (number > this.#highest) this.#advance(number)
    else if (this.#highest - number >= widthBits) return false
    const bit = number % widthBits
    const word = Math.floor(bit / wordBits)
    const mask = 1 << (bit % wordBits)
    const known = this.#words[word] as number
    if ((known & mask) !== 0) return false
    this.#words[word] = known | mask
    return true
  }

  /** The places of the numbers that come into the window belonged to those that leave it. */
  #advance(number: number): void {
    if (number - this.#highest >= widthBits) this.#words.fill(0)
    else {
      for (let next = this.#highest + 1; next <= number; next++) {
        const bit = next % widthBits
        const word = Math.floor(bit / wordBits)
        this.#words[word] = (this.#words[word] as number) & ~(1 << (bit % wordBits))
      }
    }
    this.#highest = number
  }
}
