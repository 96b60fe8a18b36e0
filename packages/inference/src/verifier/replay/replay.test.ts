import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InferenceEngine } from '../../provider/engine/index.ts'
import { randomModelFile } from '../../provider/engine/test-model.ts'
import { answerText } from '../../rules/determinism-text.ts'
import type { RandomModelOptions } from '../../rules/gguf/index.ts'
import { type SamplerInput, samplerSettings } from '../../rules/sampler.ts'
import type { ReplayEvidence, ReplayVerdict } from './evidence.ts'
import { replay, replayAll } from './replay.ts'

const isLong = process.env['KOINON_LONG_TESTS'] === '1'
const engines: InferenceEngine[] = []
let honest: InferenceEngine
let verifier: InferenceEngine

async function setup(model: RandomModelOptions, maxParallelSequences = 16) {
  const modelPath = await randomModelFile(model)
  const engine = new InferenceEngine({
    modelPath,
    maxParallelSequences,
    contextTokens: 320,
    threads: 1,
    maxQueuedRequests: 64,
  })
  engines.push(engine)
  await engine.start()
  return engine
}

beforeAll(async () => {
  honest = await setup({ seed: 1 })
  verifier = await setup({ seed: 1 }, 3)
})
afterAll(async () => {
  for (const engine of engines) await engine.stop()
})

type Job = {
  readonly tokenIds: readonly number[]
  readonly maxTokens: number
  readonly stop: readonly string[]
} & SamplerInput

/** Lets an engine answer, and writes down what an honest provider would show. */
async function answer(
  engine: InferenceEngine,
  { tokenIds, maxTokens, stop, ...sampling }: Job,
): Promise<ReplayEvidence> {
  const sampler = samplerSettings(sampling)
  let text = ''
  for await (const event of engine.generate({ input: { kind: 'tokens', tokenIds }, maxTokens, sampler, stop })) {
    text += event.text
    if (event.kind !== 'end') continue
    const { promptTokenIds, outputTokenIds, finishReason, promptTokens, outputTokens } = event
    const determinismClass = engine.determinismClass().hash
    const shown = { promptTokenIds, outputTokenIds, finishReason, promptTokens, outputTokens, determinismClass }
    return { ...shown, sampler, stop, maxTokens, text, contextTokens: engine.contextTokens }
  }
  throw new Error('no end event')
}

const job: Job = { tokenIds: [1, 3, 60, 70, 80, 4], maxTokens: 24, stop: [], temperature: 1, seed: 7n }
const stateOf = (verdict: ReplayVerdict, name: string) => verdict.checks.find((check) => check.name === name)?.state

/** Jobs of many shapes, the same in every run. */
function mixedJobs(count: number): readonly Job[] {
  let state = 2026
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor(state / 65_536) % below
  }
  return Array.from({ length: count }, (_, index) => ({
    tokenIds: [1, ...Array.from({ length: random(random(4) === 0 ? 240 : 40) }, () => 6 + random(506))],
    maxTokens: 1 + random(40),
    stop: random(4) === 0 ? ['e', 'th'] : [],
    temperature: [0, 0.7, 1, 1.5][random(4)] as number,
    topP: [0.9, 1][random(2)] as number,
    topK: [0, 40][random(2)] as number,
    seed: (BigInt(index) * 0x9e3779b97f4a7c15n) % (1n << 64n),
  }))
}

async function answerInCrowds(engine: InferenceEngine, jobs: readonly Job[]): Promise<readonly ReplayEvidence[]> {
  const shown: ReplayEvidence[] = []
  for (let crowd = 1; shown.length < jobs.length; crowd = (crowd % 16) + 1) {
    const next = jobs.slice(shown.length, shown.length + crowd)
    shown.push(...(await Promise.all(next.map((each) => answer(engine, each)))))
  }
  return shown
}

describe('replay of honest answers', () => {
  it(
    `passes ${isLong ? 1000 : 100} answers generated 1 to 16 at a time, without exception`,
    async () => {
      const shown = await answerInCrowds(honest, mixedJobs(isLong ? 1000 : 100))
      const verdicts = await replayAll(verifier, shown)
      expect(verdicts.filter(({ state }) => state !== 'pass')).toEqual([])
      expect(new Set(shown.map(({ finishReason }) => finishReason))).toEqual(new Set(['stop', 'length']))
    },
    isLong ? 900_000 : 120_000,
  )

  it('passes in every check, with the prompt read again from the request', async () => {
    const input = { kind: 'chat', messages: [{ role: 'user', content: 'why?' }] } as const
    const { tokenIds } = honest.tokenise(input)
    const evidence = await answer(honest, { ...job, tokenIds })
    const verdict = await replay(verifier, { ...evidence, expectedPromptTokenIds: verifier.tokenise(input).tokenIds })
    expect(verdict.checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'class pass',
      'tokens pass',
      'finish pass',
      'text pass',
      'prompt pass',
      'counts pass',
    ])
    expect(verdict.comparedTokens).toBe(evidence.outputTokenIds.length)
  })

  it('passes Q4_0 and answers that fill the context', async () => {
    const engine = await setup({ seed: 1, quantisation: 'Q4_0' }, 2)
    const evidence = await answer(engine, { ...job, tokenIds: [1, ...Array(280).fill(99)], maxTokens: 300 })
    expect((await replay(engine, evidence)).state).toBe('pass')
  })

  it('cannot know why a caller left, and says so', async () => {
    const evidence = await answer(honest, job)
    const left = { ...evidence, outputTokenIds: evidence.outputTokenIds.slice(0, 5), finishReason: 'abort' }
    const { text: _, outputTokens: __, ...shown } = left
    const verdict = await replay(verifier, shown)
    expect([verdict.state, stateOf(verdict, 'tokens'), stateOf(verdict, 'finish')]).toEqual([
      'notChecked',
      'pass',
      'notChecked',
    ])
  })
})

describe('replay of cheats', () => {
  /** The cheat sells its own work under the honest class: a lie that only the tokens can uncover. */
  const soldAsHonest = async (cheat: InferenceEngine): Promise<ReplayVerdict> => {
    const evidence = await answer(cheat, job)
    return replay(verifier, { ...evidence, determinismClass: honest.determinismClass().hash })
  }

  it('catches another model by its tokens', async () => {
    const verdict = await soldAsHonest(await setup({ seed: 3 }, 1))
    expect([verdict.state, stateOf(verdict, 'tokens')]).toEqual(['fail', 'fail'])
    expect(verdict.firstDifference?.position).toBeGreaterThanOrEqual(job.tokenIds.length)
  })

  it('catches Q4_0 sold as Q8_0 by its tokens', async () => {
    const verdict = await soldAsHonest(await setup({ seed: 1, quantisation: 'Q4_0' }, 1))
    expect([verdict.state, stateOf(verdict, 'tokens')]).toEqual(['fail', 'fail'])
  })

  it.each([
    ['finish', 'a truncated answer called "stop"', { finishReason: 'stop' }, 8],
    ['finish', 'a truncated answer called "length"', { finishReason: 'length' }, 8],
    ['tokens', 'a wrong seed', { sampler: samplerSettings({ seed: 8n }) }, 24],
    ['tokens', 'a wrong temperature', { sampler: samplerSettings({ seed: 7n, temperature: 0.2 }) }, 24],
    ['counts', 'inflated output tokens', { outputTokens: 25 }, 24],
    ['counts', 'inflated prompt tokens', { promptTokens: 60 }, 24],
    ['prompt', 'another prompt than asked', { expectedPromptTokenIds: [1, 3, 60, 70, 81, 4] }, 24],
    ['tokens', 'a sampler outside its range', { sampler: { ...samplerSettings({ seed: 7n }), topK: 5000 } }, 24],
    ['tokens', 'tokens that do not exist', { outputTokenIds: [600] }, 24],
    ['tokens', 'no prompt at all', { promptTokenIds: [] }, 24],
  ] as const)('catches by "%s" %s', async (name, _, change, kept) => {
    const evidence = await answer(honest, job)
    expect(evidence.finishReason).toBe('length')
    const outputTokenIds = evidence.outputTokenIds.slice(0, kept)
    const { text } = answerText(outputTokenIds, honest.tokenBytes, [])
    const outputTokens = outputTokenIds.length
    const verdict = await replay(verifier, { ...evidence, outputTokenIds, text, outputTokens, ...change })
    expect([verdict.state, stateOf(verdict, name)]).toEqual(['fail', 'fail'])
  })

  it('catches edited text, and a token changed to fit it', async () => {
    const evidence = await answer(honest, job)
    const text = `${(evidence.text as string).slice(0, -1)}!`
    expect(stateOf(await replay(verifier, { ...evidence, text }), 'text')).toBe('fail')
    const outputTokenIds = evidence.outputTokenIds.with(11, (evidence.outputTokenIds[11] as number) ^ 1)
    const verdict = await replay(verifier, { ...evidence, outputTokenIds })
    expect(stateOf(verdict, 'tokens')).toBe('fail')
    expect(verdict.firstDifference).toEqual({
      position: job.tokenIds.length + 11,
      expected: evidence.outputTokenIds[11],
      got: outputTokenIds[11],
    })
  })

  it('catches tokens added behind a stop text and behind the end of the model', async () => {
    const whole = await answer(honest, job)
    const at = 6
    const stop = [answerText(whole.outputTokenIds.slice(0, at), honest.tokenBytes, []).text.slice(-2)]
    const stopped = await answer(honest, { ...job, stop })
    const longer = { ...whole, stop, finishReason: 'stop', text: stopped.text as string }
    expect(stateOf(await replay(verifier, longer), 'finish')).toBe('fail')

    const ended = await firstEndedByModel()
    const padded = {
      ...ended,
      outputTokenIds: [...ended.outputTokenIds, 99],
      outputTokens: ended.outputTokenIds.length + 1,
    }
    const verdict = await replay(verifier, padded)
    expect([verdict.state, stateOf(verdict, 'tokens')]).toEqual(['fail', 'fail'])
    const hidden = { ...ended, outputTokenIds: [...ended.outputTokenIds, 2] }
    expect((await replay(verifier, hidden)).state).toBe('fail')
  })

  /** An answer that the model itself ended. */
  async function firstEndedByModel(): Promise<ReplayEvidence> {
    for (let seed = 0n; seed < 400n; seed++) {
      const evidence = await answer(honest, { ...job, maxTokens: 40, temperature: 1.5, seed })
      if (evidence.finishReason === 'stop') return evidence
    }
    throw new Error('no answer ended by itself')
  }
})

describe('replay outside its reach', () => {
  it('does not judge another determinism class', async () => {
    const evidence = await answer(honest, job)
    const verdict = await replay(verifier, { ...evidence, determinismClass: `0x${'5'.repeat(64)}` })
    expect(verdict.state).toBe('notChecked')
    expect(stateOf(verdict, 'tokens')).toBe('notChecked')
    expect(verdict.checks[0]?.detail).toContain('0x5555555555')
  })

  it('does not judge weights that are not bit-exact', async () => {
    const engine = await setup({ seed: 1, quantisation: 'F16' }, 1)
    const verdict = await replay(engine, await answer(engine, job))
    expect(verdict.state).toBe('notChecked')
  })

  it('does not judge what is longer than its own context, and stops when told to', async () => {
    const evidence = await answer(honest, job)
    const long = { ...evidence, promptTokenIds: Array(400).fill(99) as number[] }
    expect(stateOf(await replay(verifier, long), 'tokens')).toBe('notChecked')
    await expect(replay(verifier, evidence, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})
