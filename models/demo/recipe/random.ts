/** A seeded generator of numbers in [0, 1); the same seed gives the same numbers on every machine. */
export type Random = () => number

/** Mixes a text into a 32-bit seed (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

/** sfc32 with its state filled from a seed; period above 2^64, plain 32-bit integer arithmetic. */
export function createRandom(seed: number): Random {
  let a = seed >>> 0
  let b = 0x9e3779b9
  let c = 0x243f6a88
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 16; round++) next()
  return next
}

/** Uniform integer in [0, bound). */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound)
}

/** One element of a non-empty list. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[below(random, items.length)]
  if (item === undefined) throw new RangeError('cannot pick from an empty list')
  return item
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const copy = [...items]
  for (let index = copy.length - 1; index > 0; index--) {
    const other = below(random, index + 1)
    const held = copy[index] as Item
    copy[index] = copy[other] as Item
    copy[other] = held
  }
  return copy
}

/** Normal deviate by the sum of twelve uniforms: no transcendental function, so equal bits everywhere. */
export function normal(random: Random): number {
  let sum = -6
  for (let draw = 0; draw < 12; draw++) sum += random()
  return sum
}
