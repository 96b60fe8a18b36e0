/**
 * Text embedding quality: a miner learns a vector for every word from labelled sentences and commits to it; the sentences that judge it
 * are drawn afterwards, so their labels are hidden from everybody. Right is a triplet whose two sentences of one topic are nearer to each
 * other than to the third.
 */
import { type BeaconRandom, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

const words = 80
const topics = 5
const sentenceLength = 6
const trainingSentences = 120
const triplets = 100
const dimensions = 8

const wordIndex = z
  .int()
  .min(0)
  .max(words - 1)
const sentence = z.object({ topic: z.int(), words: z.array(wordIndex) })
type Sentence = z.infer<typeof sentence>
const vector = z.array(z.int().min(-1_000).max(1_000)).length(dimensions)

export const embedding = defineSubnet({
  name: 'embedding',
  version: 1,
  tasks: 3,
  /** `topicOf` is what a benchmark keeps in its labels; sentences follow it three times in four. */
  task: z.object({ topicOf: z.array(z.int()), sentences: z.array(sentence) }),
  response: z.object({ vectors: z.array(vector).length(words) }),

  sample(random) {
    const topicOf = Array.from({ length: words }, () => random.below(topics))
    const lists = wordsByTopic(topicOf)
    const sentences = Array.from({ length: trainingSentences }, () => draw(random, lists, random.below(topics)))
    return { topicOf, sentences }
  },

  /** Counts in which topics a word appears; an honest miner reads sentences, not labels. */
  serve({ sentences }) {
    const vectors = Array.from({ length: words }, () => Array.from({ length: dimensions }, () => 0))
    for (const { topic, words: seen } of sentences) {
      for (const word of seen) {
        const own = vectors[word] as number[]
        own[topic] = Math.min(1_000, (own[topic] ?? 0) + 10)
      }
    }
    return { vectors }
  },

  score({ topicOf }, { vectors }, { random }) {
    const lists = wordsByTopic(topicOf)
    let right = 0
    for (let index = 0; index < triplets; index++) {
      const topic = random.below(topics)
      const other = (topic + 1 + random.below(topics - 1)) % topics
      const [anchor, near, far] = [topic, topic, other].map((of) => embed(vectors, draw(random, lists, of))) as [
        number[],
        number[],
        number[],
      ]
      if (similarity(anchor, near) > similarity(anchor, far)) right++
    }
    // Sentences of one topic share words, so random vectors order six in ten; up to seven are worth nothing.
    const scorePpm = Math.max(0, Math.floor(((10 * right - 7 * triplets) * 1_000_000) / (3 * triplets)))
    return { scorePpm, reasons: [`${right} of ${triplets} hidden triplets in order.`] }
  },

  weights: { powerHalves: 4 },
})

function wordsByTopic(topicOf: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: topics }, (_, topic) => topicOf.flatMap((of, word) => (of === topic ? [word] : [])))
}

/** Three words in four are of the topic, the fourth is any. */
function draw(random: BeaconRandom, lists: readonly (readonly number[])[], topic: number): Sentence {
  const own = lists[topic] ?? []
  const drawn = Array.from({ length: sentenceLength }, () => {
    const number = random.below(4 * words)
    return number < words || own.length === 0 ? number % words : (own[number % own.length] as number)
  })
  return { topic, words: drawn }
}

function embed(vectors: readonly (readonly number[])[], { words: seen }: Sentence): number[] {
  return Array.from({ length: dimensions }, (_, dimension) =>
    seen.reduce((sum, word) => sum + (vectors[word]?.[dimension] ?? 0), 0),
  )
}

/** Cosine. Sums of whole numbers, a square root and a division are exact or rounded alike on every machine. */
function similarity(one: readonly number[], other: readonly number[]): number {
  const product = dot(one, other)
  const size = Math.sqrt(dot(one, one)) * Math.sqrt(dot(other, other))
  return size === 0 ? 0 : product / size
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
}
