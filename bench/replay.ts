/**
 * What checking an answer costs, next to generating it: bit-exact replay by one prefill (specs/0006) over generation, in CPU
 * time of this process. Prints one line of JSON.
 *
 *     node bench/replay.ts [--model FILE.gguf] [--answers 48] [--parallel 8] [--max-tokens 96]
 *
 * Without a model a random one of about 1 M parameters is made. Ratios hold across machines better than absolute times.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceEngine } from '../packages/inference/src/provider/engine/index.ts'
import { createRandomModel } from '../packages/inference/src/rules/gguf/index.ts'
import { type SamplerSettings, samplerSettings } from '../packages/inference/src/rules/sampler.ts'
import { type ReplayEvidence, replayAll } from '../packages/inference/src/verifier/replay/index.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    answers: { type: 'string', default: '48' },
    parallel: { type: 'string', default: '8' },
    'max-tokens': { type: 'string', default: '96' },
  },
})
const answers = Number(values.answers)
const parallel = Number(values.parallel)
const maxTokens = Number(values['max-tokens'])

const questions = [
  'What is a subnet?',
  'How do I register a miner?',
  'What does a validator do?',
  'How are rewards shared out?',
  'What is a receipt?',
  'Who are you?',
]

const folder = await mkdtemp(join(tmpdir(), 'koinon-bench-replay-'))
const modelPath = values.model ?? join(folder, 'random.gguf')
if (values.model === undefined) await writeFile(modelPath, oneMillionParameters())
const engine = new InferenceEngine({
  modelPath,
  maxParallelSequences: parallel,
  maxQueuedRequests: answers,
  threads: 1,
})
try {
  await engine.start()
  await answer(0, samplerSettings({ temperature: 0, seed: 0n }))
  const runs = {
    greedy: await measure(samplerSettings({ temperature: 0, seed: 1n })),
    topK40: await measure(samplerSettings({ temperature: 1, topK: 40, seed: 1n })),
    whole: await measure(samplerSettings({ temperature: 1, seed: 1n })),
  }
  const { name, parameters, quantisation, vocabularySize } = engine.manifest
  const settings = { answers, parallel, maxTokens, threads: 1 }
  const model = { name, parameters, quantisation, vocabularySize }
  const report = { bench: 'replay', model, settings, rssBytes: process.memoryUsage.rss(), runs }
  process.stdout.write(`${JSON.stringify(report)}\n`)
  if (Object.values(runs).some((run) => run.notPassed > 0)) process.exitCode = 1
} finally {
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
}

function oneMillionParameters(): Uint8Array {
  return createRandomModel({
    seed: 1,
    embeddingLength: 128,
    layers: 4,
    headCount: 4,
    feedForwardLength: 384,
    vocabularySize: 1536,
    contextLength: 512,
  })
}

/** Generates all answers, replays them all, and compares CPU time; times are milliseconds a generated token. */
async function measure(sampler: SamplerSettings) {
  const generation = await timed(() => inLanes(answers, (index) => answer(index, { ...sampler, seed: BigInt(index) })))
  const evidence = generation.result
  const outputTokens = evidence.reduce((sum, shown) => sum + shown.outputTokenIds.length, 0)
  const promptTokens = evidence.reduce((sum, shown) => sum + shown.promptTokenIds.length, 0)
  const check = await timed(() => replayAll(engine, evidence))
  return {
    outputTokens,
    promptTokens,
    generateCpuMsPerToken: round(generation.cpuMs / outputTokens),
    replayCpuMsPerToken: round(check.cpuMs / outputTokens),
    replayOverGenerate: round(check.cpuMs / generation.cpuMs),
    notPassed: check.result.filter((verdict) => verdict.state !== 'pass').length,
  }
}

async function answer(index: number, sampler: SamplerSettings): Promise<ReplayEvidence> {
  const messages = [{ role: 'user' as const, content: questions[index % questions.length] as string }]
  for await (const event of engine.generate({ input: { kind: 'chat', messages }, maxTokens, sampler, stop: [] })) {
    if (event.kind !== 'end') continue
    const { promptTokenIds, outputTokenIds, finishReason } = event
    return {
      promptTokenIds,
      outputTokenIds,
      finishReason,
      sampler,
      stop: [],
      maxTokens,
      contextTokens: engine.contextTokens,
    }
  }
  throw new Error('the engine gave no end event')
}

/** Runs `count` jobs, `parallel` at a time. */
async function inLanes<result>(count: number, job: (index: number) => Promise<result>): Promise<readonly result[]> {
  const results: result[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      results[index] = await job(index)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return results
}

async function timed<result>(
  work: () => Promise<result>,
): Promise<{ readonly result: result; readonly cpuMs: number }> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, cpuMs: (user + system) / 1000 }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
