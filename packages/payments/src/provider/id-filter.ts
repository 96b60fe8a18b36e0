const bits = 1 << 23

/**
 * Says of a text that it was never added, for sure, or that it may have been: a Bloom filter of 1 MiB with four positions a text (B. H. Bloom,
 * 1970). One in a thousand is taken for known when half a million were added; somebody who chooses texts to be taken for known gains nothing.
 */
export class IdFilter {
  readonly #words = new Uint32Array(bits / 32)

  add(text: string): void {
    for (const at of positionsOf(text)) this.#words[at >>> 5] = (this.#words[at >>> 5] as number) | (1 << (at & 31))
  }

  mayHave(text: string): boolean {
    return positionsOf(text).every((at) => ((this.#words[at >>> 5] as number) & (1 << (at & 31))) !== 0)
  }
}

/** Four positions from two 32-bit FNV-1a hashes (Kirsch and Mitzenmacher, 2006). */
function positionsOf(text: string): readonly number[] {
  let [first, second] = [0x811c9dc5, 0x01000193]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    first = Math.imul(first ^ code, 0x01000193)
    second = Math.imul(second ^ (code + index), 0x85ebca6b)
  }
  first ^= first >>> 15
  second = (second ^ (second >>> 13)) | 1
  return [0, 1, 2, 3].map((turn) => (first + Math.imul(turn, second)) & (bits - 1))
}
