/**
 * Text embedding quality: a language is told with all its synonyms, and a miner commits to a short vector for every word. The sentences
 * that judge it are drawn afterwards. Nothing is hidden, because nothing that a public file draws beforehand could be: the work is to
 * place more meanings in a few dimensions than there is room for, so that a sentence stays nearer to what means the same than to what
 * only sounds alike.
 */
import { type BeaconRandom, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

const words = 80
const meanings = 24
const sentenceLength = 5
const triplets = 100
const dimensions = 4

const vector = z.array(z.int().min(-1_000).max(1_000)).length(dimensions)
const meaning = z
  .int()
  .min(0)
  .max(meanings - 1)

export const embedding = defineSubnet({
  name: 'embedding',
  version: 2,
  tasks: 3,
  /** What each word means. */
  task: z.object({ meaningOf: z.array(meaning).length(words) }),
  response: z.object({ vectors: z.array(vector).length(words) }),

  sample: (random) => ({ meaningOf: Array.from({ length: words }, () => random.below(meanings)) }),

  /** One direction for each meaning, turned away from those before it as far as a few tries allow. */
  serve({ meaningOf }, { random }) {
    const directions: number[][] = []
    for (let index = 0; index < meanings; index++) {
      const tries = Array.from({ length: 24 }, () => direction(random))
      const nearest = tries.map((one) => Math.max(-2, ...directions.map((other) => similarity(one, other))))
      directions.push(tries[nearest.indexOf(Math.min(...nearest))] as number[])
    }
    return { vectors: meaningOf.map((of) => directions[of] as number[]) }
  },

  score({ meaningOf }, { vectors }, { random }) {
    const wordsOf = Array.from({ length: meanings }, (_, of) =>
      meaningOf.flatMap((own, word) => (own === of ? [word] : [])),
    )
    const embed = (sentence: readonly number[]): readonly number[] =>
      Array.from({ length: dimensions }, (_, at) => sentence.reduce((sum, word) => sum + (vectors[word]?.[at] ?? 0), 0))
    let right = 0
    for (let index = 0; index < triplets; index++) {
      const anchor = Array.from({ length: sentenceLength }, () => random.below(words))
      // The same in other words but for one; and two of the same words in a sentence that says something else.
      const said = anchor.map((word) => any(random, wordsOf[meaningOf[word] as number] as readonly number[]))
      const near = [random.below(words), ...said.slice(1)]
      const far = anchor.map((word, at) => (at < 2 ? word : random.below(words)))
      const own = embed(anchor)
      if (similarity(own, embed(near)) > similarity(own, embed(far))) right++
    }
    // By chance half of them are in order; six in ten are worth nothing.
    const scorePpm = Math.max(0, Math.floor(((10 * right - 6 * triplets) * 1_000_000) / (4 * triplets)))
    return { scorePpm, reasons: [`${right} of ${triplets} triplets in order.`] }
  },
})

function any(random: BeaconRandom, list: readonly number[]): number {
  return list[random.below(list.length)] as number
}

function direction(random: BeaconRandom): number[] {
  return Array.from({ length: dimensions }, () => random.below(2_001) - 1_000)
}

/** Cosine. Sums of whole numbers, a square root and a division are exact or rounded alike on every machine. */
function similarity(one: readonly number[], other: readonly number[]): number {
  const size = Math.sqrt(dot(one, one)) * Math.sqrt(dot(other, other))
  return size === 0 ? 0 : dot(one, other) / size
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
}
