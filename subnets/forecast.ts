/**
 * Price forecast: a miner commits to possible paths of a price, then the price goes on. Scored by the continuous ranked probability score
 * of every step, so that neither overconfidence nor vagueness pays; each question counts relative to its best answer.
 *
 * The price goes on by a random walk in whole numbers, or by moves of a real price: `koinon subnet dev forecast.ts --feed PRICES.csv --save
 * mine.ts` writes a copy that has them. Everybody has the file, so what really came next is no secret: the question shows a stretch of the
 * feed, and which of the stretches that followed on times as calm or wild comes next is drawn after all answers are fixed. To foresee a
 * market as it goes on takes a question that carries its past and a score an epoch later, when its future stands in the next question.
 */
import { type BeaconRandom, crps, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

const historyLength = 48
const steps = 12
const pathsAsked = 32
const highestPrice = 1_000_000_000

/** Moves of a price in millionths, oldest first; without any the price is a random walk. */
const feedMovesPpm: readonly number[] = []

const price = z.int().min(1).max(highestPrice)

export const forecast = defineSubnet({
  name: 'forecast',
  version: 2,
  tasks: 4,
  /** Prices in cents; how calm or wild the price is has to be read from them. */
  task: z.object({ history: z.array(price).length(historyLength) }),
  response: z.object({ paths: z.array(z.array(price).length(steps)).length(pathsAsked) }),

  sample(random) {
    const start = 5_000_000 + random.below(10_000_000)
    if (feedMovesPpm.length > 0) {
      const at = random.below(feedMovesPpm.length - historyLength + 1)
      return { history: moved(start, feedMovesPpm.slice(at, at + historyLength)) }
    }
    const stepPpm = 1_000 + random.below(9_000)
    return { history: walk(random, start, stepPpm, historyLength) }
  },

  serve({ history }, { random }) {
    const stepPpm = meanStepPpm(history)
    return { paths: Array.from({ length: pathsAsked }, () => walk(random, history.at(-1) as number, stepPpm, steps)) }
  },

  score({ history }, { paths }, { random }) {
    const last = history.at(-1) as number
    const stepPpm = meanStepPpm(history)
    const truth =
      feedMovesPpm.length > 0 ? moved(last, movesAfter(random, stepPpm)) : walk(random, last, stepPpm, steps)
    const lossesPpm = truth.map((value, step) => {
      const loss = crps(
        paths.map((path) => path[step] as number),
        value,
      )
      // In mean steps of that many steps, so that calm and wild prices weigh alike.
      return Math.floor((loss * 1_000_000) / Math.ceil((last * stepPpm * (step + 1)) / 1_000_000))
    })
    const lossPpm = Math.floor(lossesPpm.reduce((sum, loss) => sum + loss, 0) / steps)
    return {
      scorePpm: Math.max(0, 1_000_000 - lossPpm),
      reasons: [`${lossPpm} millionths of a mean step off, on average of ${steps} steps.`],
    }
  },

  aggregate: 'crps',
})

/** Each step moves the price up or down by at most twice the mean step, small moves more often. */
function walk(random: BeaconRandom, from: number, stepPpm: number, length: number): number[] {
  let value = from
  return Array.from({ length }, () => {
    const movePpm = random.below(3 * stepPpm + 1) + random.below(3 * stepPpm + 1) - 3 * stepPpm
    value = Math.max(1, value + Math.trunc((value * movePpm) / 1_000_000))
    return value
  })
}

function moved(from: number, movesPpm: readonly number[]): number[] {
  let value = from
  return movesPpm.map((movePpm) => {
    value = Math.min(highestPrice, Math.max(1, value + Math.trunc((value * movePpm) / 1_000_000)))
    return value
  })
}

/** Places of the feed that a history and what followed it fit in, with the mean size of the moves of that history. */
const places = Array.from({ length: Math.max(0, feedMovesPpm.length - historyLength - steps + 1) }, (_, at) => {
  const before = feedMovesPpm.slice(at, at + historyLength)
  return { at, stepPpm: Math.floor(before.reduce((sum, move) => sum + Math.abs(move), 0) / historyLength) }
})

/** What followed on one of the eighth of places that were most nearly as calm or wild. */
function movesAfter(random: BeaconRandom, stepPpm: number): readonly number[] {
  const apart = (place: { readonly stepPpm: number }): number => Math.abs(place.stepPpm - stepPpm)
  const near = [...places].sort((a, b) => apart(a) - apart(b) || a.at - b.at).slice(0, Math.max(16, places.length >> 3))
  const { at } = near[random.below(near.length)] ?? { at: 0 }
  return feedMovesPpm.slice(at + historyLength, at + historyLength + steps)
}

/** Mean size of a step in millionths of the price. */
function meanStepPpm(history: readonly number[]): number {
  const moves = history.slice(1).map((value, index) => {
    const before = history[index] as number
    return Math.floor((Math.abs(value - before) * 1_000_000) / before)
  })
  return Math.max(1, Math.floor(moves.reduce((sum, move) => sum + move, 0) / moves.length))
}
