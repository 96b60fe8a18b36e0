import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { EmbeddedEngine, type EngineEnd, type EngineRequest } from '@koinon/inference/provider'
import { InferenceEngine } from '@koinon/inference/provider/engine'
import { replay } from '@koinon/inference/verifier'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import { afterAll, beforeAll, expect, it } from 'vitest'

const models = join(import.meta.dirname, '../../models/demo')
/** What two validators with two questions a miner ask within three epochs. */
const questions = 12

let folder: string
let offered: InferenceEngine
let fewerBits: InferenceEngine

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-fewer-bits-'))
  const model = join(models, 'koinon-demo-q8_0.gguf')
  const out = join(folder, 'q4_0.gguf')
  execFileSync(process.execPath, [join(models, 'quantise.ts'), '--type', 'q4_0', '--model', model, '--out', out])
  offered = new InferenceEngine({ modelPath: model, threads: 1 })
  fewerBits = new InferenceEngine({ modelPath: out, threads: 1 })
  await Promise.all([offered.start(), fewerBits.start()])
}, 60_000)
afterAll(async () => {
  await Promise.all([offered?.stop(), fewerBits?.stop()])
  rmSync(folder, { recursive: true, force: true })
})

it('finds the demo model with fewer bits by the questions of three epochs, and never the offered one', async () => {
  const honest: string[] = []
  const cheating: string[] = []
  for (let index = 0; index < questions; index++) {
    honest.push(await verdictOf(offered, questionOf(index)))
    cheating.push(await verdictOf(fewerBits, questionOf(index)))
  }
  process.stdout.write(
    `${JSON.stringify({ fewerBits: { questions, caught: cheating.filter((s) => s === 'fail').length } })}\n`,
  )
  expect(honest).toEqual(Array(questions).fill('pass'))
  expect(cheating).toContain('fail')
}, 120_000)

/** An own question as the subnet file invents it, from fixed randomness. */
function questionOf(index: number): EngineRequest {
  const random = (length: number): Uint8Array =>
    Buffer.from(sha256Hex(`question ${index}`).slice(2), 'hex').subarray(0, length)
  const task = inferenceSubnet.probe?.(random, { hotkey: `0x${'11'.repeat(20)}`, netuid: 1, epoch: 1 })
  if (task === undefined) throw new Error('the subnet asks no questions of its own')
  return {
    input: { kind: 'chat', messages: task.messages },
    maxTokens: task.max_tokens,
    sampler: {
      version: 1,
      temperatureMicro: Math.round(task.temperature * 1e6),
      topPMicro: 1_000_000,
      topK: 0,
      seed: BigInt(task.seed),
    },
    stop: [],
    topLogprobs: undefined,
    caller: 'validator',
  }
}

/** The replay of one engine's answer by the offered model. */
async function verdictOf(engine: InferenceEngine, request: EngineRequest): Promise<string> {
  const port = new EmbeddedEngine({ engine, model: 'demo' })
  let end: EngineEnd | undefined
  for await (const event of port.generate(request, AbortSignal.timeout(30_000))) if (event.kind === 'end') end = event
  const { state } = await replay(offered, {
    promptTokenIds: end?.promptTokenIds ?? [],
    outputTokenIds: end?.outputTokenIds ?? [],
    sampler: request.sampler,
    finishReason: end?.finishReason ?? '',
    stop: [],
    maxTokens: request.maxTokens,
    contextTokens: offered.contextTokens,
    determinismClass: offered.determinismClass().hash,
  })
  return state
}
