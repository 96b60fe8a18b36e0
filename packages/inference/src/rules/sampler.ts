import { KoinonError } from '@koinon/base'
import { exponential, gumbel, largestGumbel, naturalLog, seedKey } from './sampler-math.ts'

/** Version of the sampling rule (specs/0006 section 2). A change of any bit of its results raises it. */
export const samplerVersion = 1

/** Most candidates the sampler looks at; `topK` 0 means this many. */
export const largestTopK = 1024

/** How tokens are drawn, as it is signed: integers only. */
export type SamplerSettings = {
  readonly version: number
  /** Temperature in millionths, 0 to 10,000,000; 0 takes the most probable token. */
  readonly temperatureMicro: number
  /** Nucleus in millionths, 1 to 1,000,000. */
  readonly topPMicro: number
  /** 0 to 1024; 0 means 1024. */
  readonly topK: number
  /** Unsigned, 64 bits. */
  readonly seed: bigint
}

/** Sampling options as a caller writes them; absent ones take OpenAI's defaults (temperature 1, top_p 1). */
export type SamplerInput = {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly seed: bigint
}

/**
 * Logits of one position: the largest ones with their token ids, any order.
 * `complete` says that every token of the vocabulary is there. Logits are float32 values.
 */
export type LogitsRow = {
  readonly tokenIds: ArrayLike<number>
  readonly logits: ArrayLike<number>
  readonly complete: boolean
}

/** Checks sampling options and turns them into the signed integer form. Throws `sampler/bad-settings`. */
export function samplerSettings(input: SamplerInput): SamplerSettings {
  return checkSamplerSettings({
    version: samplerVersion,
    temperatureMicro: Math.round((input.temperature ?? 1) * 1e6),
    topPMicro: Math.round((input.topP ?? 1) * 1e6),
    topK: input.topK ?? 0,
    seed: input.seed,
  })
}

/** Returns the settings unchanged or throws `sampler/bad-settings`; for settings that came from a stranger. */
export function checkSamplerSettings(settings: SamplerSettings): SamplerSettings {
  const isInside = (value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high
  if (settings.version !== samplerVersion) throw badSettings(`version ${settings.version} is unknown`)
  if (!isInside(settings.temperatureMicro, 0, 10_000_000)) throw badSettings('temperature must be from 0 to 10')
  if (!isInside(settings.topPMicro, 1, 1_000_000)) throw badSettings('top_p must be above 0 and at most 1')
  if (!isInside(settings.topK, 0, largestTopK)) throw badSettings(`top_k must be from 0 to ${largestTopK}`)
  if (typeof settings.seed !== 'bigint' || settings.seed < 0n || settings.seed >> 64n !== 0n) {
    throw badSettings('seed must be an unsigned integer of 64 bits')
  }
  return settings
}

/** How many of the largest logits a row should hold so that `sampleToken` can decide in all but freak cases. */
export function neededLogits(settings: SamplerSettings, vocabularySize: number): number {
  return Math.min(vocabularySize, candidateCount(settings) + 8)
}

/**
 * Draws the token of one position: the canonical sampler of specs/0006 section 2, same bits everywhere.
 *
 * Temperature 0 takes the largest logit, the lowest id among equals. Otherwise the top-k candidates by (logit, lowest id)
 * are cut to the nucleus and the one with the largest logit / temperature + Gumbel noise wins; the noise is a function of
 * (seed, position, token id), so a verifier draws the same token from the same logits.
 *
 * Returns undefined when the row is too short to decide (equal logits at its edge): ask again with a complete row.
 * Throws `sampler/bad-logits` for NaN, for +infinity and for a row without finite logits.
 */
export function sampleToken(row: LogitsRow, settings: SamplerSettings, position: number): number | undefined {
  const order = orderCandidates(row)
  const count = Math.min(candidateCount(settings), order.length)
  const logitAt = (rank: number) => row.logits[order[rank] as number] as number
  const tokenAt = (rank: number) => row.tokenIds[order[rank] as number] as number
  if (!row.complete && logitAt(count - 1) === logitAt(order.length - 1)) return undefined
  if (settings.temperatureMicro === 0) return tokenAt(0)

  const temperature = settings.temperatureMicro / 1_000_000
  const largest = logitAt(0)
  const scaled = new Float64Array(count)
  for (let rank = 0; rank < count; rank++) scaled[rank] = (logitAt(rank) - largest) / temperature
  const kept = settings.topPMicro === 1_000_000 ? count : nucleusSize(scaled, settings.topPMicro / 1_000_000)
  const key = seedKey(settings.seed)
  let bestRank = 0
  let bestScore = Number.NEGATIVE_INFINITY
  for (let rank = 0; rank < kept; rank++) {
    const score = scaled[rank] as number
    if (score + largestGumbel < bestScore) break
    const noisy = score + gumbel(key, position, tokenAt(rank))
    if (noisy > bestScore) {
      bestScore = noisy
      bestRank = rank
    }
  }
  return tokenAt(bestRank)
}

/**
 * Natural-log probability of a token at temperature 1, given the sum of exp(logit - largest logit) over the vocabulary.
 * For information only: nothing signed rests on it.
 */
export function logProbability(logit: number, largestLogit: number, weightSum: number): number {
  return logit - largestLogit - naturalLog(Math.max(weightSum, 1))
}

function candidateCount(settings: SamplerSettings): number {
  if (settings.temperatureMicro === 0) return 1
  return settings.topK === 0 ? largestTopK : settings.topK
}

/** Ranks of the finite logits, largest first, lowest token id first among equals. */
function orderCandidates(row: LogitsRow): readonly number[] {
  const order: number[] = []
  let isOrdered = true
  let previous = Number.POSITIVE_INFINITY
  for (let i = 0; i < row.logits.length; i++) {
    const logit = row.logits[i] as number
    if (Number.isNaN(logit) || logit === Number.POSITIVE_INFINITY) throw badLogits(`a logit is ${logit}`)
    if (logit === Number.NEGATIVE_INFINITY) continue
    if (logit >= previous) isOrdered = false
    previous = logit
    order.push(i)
  }
  if (order.length === 0) throw badLogits('no logit is finite')
  if (isOrdered) return order
  return order.sort((a, b) => {
    const difference = (row.logits[b] as number) - (row.logits[a] as number)
    return difference !== 0 ? difference : (row.tokenIds[a] as number) - (row.tokenIds[b] as number)
  })
}

/** Number of leading candidates whose weights first reach `share` of the sum; at least 1. */
function nucleusSize(scaled: Float64Array, share: number): number {
  const weights = scaled.map(exponential)
  let sum = 0
  for (let rank = 0; rank < weights.length; rank++) sum += weights[rank] as number
  const limit = share * sum
  let reached = 0
  for (let rank = 0; rank < weights.length; rank++) {
    reached += weights[rank] as number
    if (reached >= limit) return rank + 1
  }
  return weights.length
}

function badSettings(reason: string): KoinonError {
  return new KoinonError({ code: 'sampler/bad-settings', message: `The sampling settings are not usable: ${reason}.` })
}

function badLogits(reason: string): KoinonError {
  return new KoinonError({
    code: 'sampler/bad-logits',
    message: `The model gave no usable logits: ${reason}.`,
    hint: 'The model file is damaged or not meant for text generation.',
  })
}
