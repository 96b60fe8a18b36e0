/** How fast this machine is with one loaded model: a short real measurement through the same path that serves answers. */
import { samplerSettings } from '../../rules/sampler.ts'
import type { InferenceEngine } from './engine.ts'
import type { EndEvent } from './request.ts'

export type BenchmarkOptions = {
  /** Answers at once, as they will be served; at most the engine's sequences. */
  readonly slots: number
  /** Time for all measurements of decoding together, milliseconds. Default 5,000. */
  readonly decodeMs?: number
  readonly onProgress?: (sentence: string) => void
}

/** Tokens a second of all answers together, with `slots` of them at once. */
export type DecodeSpeed = { readonly slots: number; readonly tokensPerSecond: number }

export type EngineBenchmark = {
  /** Reading of one prompt of `prefillTokens` tokens. */
  readonly prefillTokens: number
  readonly prefillTokensPerSecond: number
  /** By rising number of slots, from 1 to the number asked for. */
  readonly decode: readonly DecodeSpeed[]
  readonly suggestedSlots: number
}

const defaultDecodeMs = 5_000
const shortPromptTokens = 16
/** A reading shorter than this says little; the next one is four times as long. */
const prefillEnoughMs = 300
/** With this share of the best speed fewer slots are the better choice: each answer of them is faster. */
const nearlyBest = 0.9

/**
 * Measures a started engine that serves nobody else. Takes about `decodeMs` and a second on a machine that reads 16 tokens in
 * less than that; on slower ones every step still ends after the tokens it has begun.
 */
export async function benchmarkEngine(engine: InferenceEngine, options: BenchmarkOptions): Promise<EngineBenchmark> {
  const say = options.onProgress ?? (() => undefined)
  const prefill = await measurePrefill(engine)
  say(`reads ${Math.round(prefill.tokensPerSecond)} prompt tokens a second`)
  const levels = slotLevels(options.slots)
  const windowMs = (options.decodeMs ?? defaultDecodeMs) / levels.length
  const decode: DecodeSpeed[] = []
  for (const slots of levels) {
    const tokensPerSecond = await measureDecode(engine, slots, windowMs)
    decode.push({ slots, tokensPerSecond })
    say(
      `writes ${Math.round(tokensPerSecond)} tokens a second with ${slots === 1 ? 'one answer' : `${slots} answers`} at once`,
    )
  }
  return {
    prefillTokens: prefill.tokens,
    prefillTokensPerSecond: prefill.tokensPerSecond,
    decode,
    suggestedSlots: suggestSlots(decode),
  }
}

/** The fewest slots that reach nearly the best speed; 1 when nothing was measured. */
export function suggestSlots(decode: readonly DecodeSpeed[]): number {
  const best = Math.max(0, ...decode.map(({ tokensPerSecond }) => tokensPerSecond))
  return decode.find(({ tokensPerSecond }) => tokensPerSecond >= nearlyBest * best)?.slots ?? 1
}

/** 1, 2, 4 ... and the number itself. */
export function slotLevels(slots: number): readonly number[] {
  const levels: number[] = []
  for (let level = 1; level < slots; level *= 2) levels.push(level)
  return [...levels, slots]
}

async function measurePrefill(engine: InferenceEngine): Promise<{ tokens: number; tokensPerSecond: number }> {
  const mostTokens = Math.max(1, engine.contextTokens - 2)
  for (let tokens = Math.min(shortPromptTokens, mostTokens); ; tokens = Math.min(tokens * 4, mostTokens)) {
    const { promptMs } = await answer(engine, promptOf(engine, tokens), 1n, 1)
    if (promptMs >= prefillEnoughMs || tokens === mostTokens) return { tokens, tokensPerSecond: rate(tokens, promptMs) }
  }
}

/** Tokens after the first of each answer, over the time in which they were written; prompts in between are not counted. */
async function measureDecode(engine: InferenceEngine, slots: number, windowMs: number): Promise<number> {
  const closing = AbortSignal.timeout(Math.max(1, Math.ceil(windowMs)))
  let tokens = 0
  let writingMs = 0
  const write = async (slot: number): Promise<void> => {
    for (let round = 0; round === 0 || !closing.aborted; round++) {
      const seed = BigInt(slot * 1_000_003 + round)
      // The first answer of a slot is never cut before its second token, so that slow machines get a figure, too.
      const end = await answer(engine, promptOf(engine, shortPromptTokens), seed, undefined, closing)
      tokens += Math.max(0, end.outputTokens - 1)
      writingMs += end.generationMs
    }
  }
  await Promise.all(Array.from({ length: slots }, (_, slot) => write(slot)))
  return rate(tokens, writingMs / slots)
}

/** One answer to its end; cut by `closing`, but not before two tokens stand. */
async function answer(
  engine: InferenceEngine,
  tokenIds: readonly number[],
  seed: bigint,
  maxTokens: number | undefined,
  closing?: AbortSignal,
): Promise<EndEvent> {
  const cut = new AbortController()
  const events = engine.generate(
    {
      input: { kind: 'tokens', tokenIds },
      sampler: samplerSettings({ temperature: 1, seed }),
      stop: [],
      ...(maxTokens === undefined ? {} : { maxTokens }),
    },
    cut.signal,
  )
  let end: EndEvent | undefined
  let written = 0
  for await (const event of events) {
    if (event.kind === 'end') end = event
    else {
      written += 1
      if (written > 1 && closing?.aborted === true) cut.abort()
    }
  }
  // The engine always ends with one; anything else it throws.
  return end as EndEvent
}

/** Tokens from all over the vocabulary: what they say does not matter to the time they take. */
function promptOf(engine: InferenceEngine, length: number): readonly number[] {
  const size = engine.manifest.vocabularySize
  const tokenIds: number[] = []
  for (let place = 1; tokenIds.length < length; place++) {
    const tokenId = (place * 7_919) % size
    if (size < 4 || !engine.isEndToken(tokenId)) tokenIds.push(tokenId)
  }
  return tokenIds
}

function rate(tokens: number, durationMs: number): number {
  return durationMs <= 0 ? 0 : (1000 * tokens) / durationMs
}
