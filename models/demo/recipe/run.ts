import { createHash } from 'node:crypto'
import { KoinonError } from '@koinon/base'
import type { Corpus } from '../data/corpus.ts'
import { batchOf, corpusTokenizer, type RowPlan } from './batches.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { initialTensors, StepEngine, type Tensors } from './engine-step.ts'
import { type ModelShape, parameterCount } from './shape.ts'
import { Encoder, type Tokenizer } from './tokenizer.ts'

/** Raised whenever the same data and seed would give other weights. */
export const trainerVersion = 1

/** Consecutive steps with one kind of batch. */
type Phase = RowPlan & { readonly steps: number; readonly rows: number }

/** A stretch of training that ends in a falling learning rate. */
export type Cycle = {
  readonly phases: readonly Phase[]
  /** Factor on the rates of the run while they are constant. */
  readonly peak: number
  readonly warmUpSteps: number
  /** Steps at the end in which the rate falls; before them it is constant, so a cycle may be lengthened from a checkpoint. */
  readonly decaySteps: number
}

/** Everything a run depends on besides the data. */
export type RunPlan = {
  readonly shape: ModelShape
  readonly seed: number
  readonly cycles: readonly Cycle[]
  readonly matrixRate: number
  readonly adamRate: number
  /** Share of the peak rate at the last step of a cycle. */
  readonly finalRate: number
}

/** State of a run after a step, for progress lines. */
export type Progress = {
  readonly step: number
  readonly steps: number
  readonly loss: number
  readonly gradientNorm: number
  readonly tokens: number
  readonly cpuSeconds: number
}

/** What a finished run leaves. */
export type TrainingResult = {
  readonly tensors: Tensors
  readonly tokenizer: Tokenizer
  readonly steps: number
  readonly tokens: number
  readonly cpuSeconds: number
  readonly parameters: number
  readonly firstLoss: number
  /** Mean of the last 50 steps. */
  readonly finalLoss: number
  readonly dataHash: string
}

/** sha256 over all answers and over the first 50 batches, so over everything the questions depend on. */
function dataHash(corpus: Corpus, encoder: Encoder, plan: RunPlan): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([...corpus.answers()]))
  for (let step = 1; step <= 50; step++) {
    const batch = batchOf(corpus, encoder, plan.seed, step, { rows: 8, length: 128, cutShare: 0.5 })
    hash.update(new Uint8Array(batch.inputs.buffer)).update(new Uint8Array(batch.weights.buffer))
  }
  return hash.digest('hex')
}

/** Learning-rate factor of a step: in each cycle linear warm-up, constant, then linear down to `finalRate` of the peak. */
export function rateFactor(plan: RunPlan, step: number): number {
  let local = step
  for (const { phases, peak, warmUpSteps, decaySteps } of plan.cycles) {
    const steps = stepsOf(phases)
    const left = steps - local
    if (left < 0) {
      local -= steps
      continue
    }
    if (local <= warmUpSteps) return peak * (local / warmUpSteps)
    if (left >= decaySteps) return peak
    return peak * (plan.finalRate + (1 - plan.finalRate) * (left / decaySteps))
  }
  throw new RangeError(`step ${step} is after the last cycle`)
}

function stepsOf(phases: readonly Phase[]): number {
  return phases.reduce((sum, phase) => sum + phase.steps, 0)
}

function phasesOf(plan: RunPlan): readonly Phase[] {
  return plan.cycles.flatMap(({ phases }) => phases)
}

/** Names everything the weights after `step` steps depend on; equal for plans that differ only later. */
export function prefixIdentity(plan: RunPlan, hash: string, step: number): string {
  const { shape, seed, matrixRate, adamRate } = plan
  const identity = createHash('sha256')
  identity.update(JSON.stringify({ trainerVersion, hash, shape, seed, matrixRate, adamRate }))
  for (let index = 1; index <= step; index++) {
    const { rows, length, cutShare, mix, questionWeight } = phaseOf(phasesOf(plan), index)
    const optional = [...(mix ? [mix] : []), ...(questionWeight === undefined ? [] : [questionWeight])]
    identity.update(JSON.stringify([rows, length, cutShare, rateFactor(plan, index), ...optional]))
  }
  return identity.digest('hex')
}

function phaseOf(phases: readonly Phase[], step: number): Phase {
  let end = 0
  for (const phase of phases) {
    end += phase.steps
    if (step <= end) return phase
  }
  throw new RangeError(`step ${step} is after the last phase`)
}

/**
 * Trains a model, continuing from `checkpointPath` when it holds a state of the very same run.
 *
 * @param onProgress Called after every step.
 * @param options `saveEverySteps` between checkpoints (the last step is always saved; default 50), and a tokenizer
 * already trained by `corpusTokenizer` for this plan.
 */
export async function trainModel(
  plan: RunPlan,
  corpus: Corpus,
  checkpointPath: string,
  onProgress: (progress: Progress) => void,
  options: { readonly saveEverySteps?: number; readonly tokenizer?: Tokenizer } = {},
): Promise<TrainingResult> {
  const { shape, seed } = plan
  const phases = phasesOf(plan)
  const { saveEverySteps = 50, tokenizer = corpusTokenizer(corpus, seed, shape.vocabularySize) } = options
  const encoder = new Encoder(tokenizer)
  const hash = dataHash(corpus, encoder, plan)
  const steps = stepsOf(phases)
  const saved = loadCheckpoint(checkpointPath)
  const isOurs = saved && saved.step <= steps && saved.identity === prefixIdentity(plan, hash, saved.step)
  const start = isOurs ? saved : undefined
  const engine = await StepEngine.create(shape, start?.tensors ?? initialTensors(shape, seed))
  const losses = [...(start?.losses ?? [])]
  const cpuBefore = start?.cpuSeconds ?? 0
  const cpuAtStart = process.cpuUsage()
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage(cpuAtStart)
    return cpuBefore + (user + system) / 1e6
  }
  const tokensAt = (step: number) => {
    let tokens = 0
    for (let index = 1; index <= step; index++) {
      const { rows, length } = phaseOf(phases, index)
      tokens += rows * length
    }
    return tokens
  }
  for (let step = losses.length + 1; step <= steps; step++) {
    const factor = rateFactor(plan, step)
    const report = await engine.step(batchOf(corpus, encoder, seed, step, phaseOf(phases, step)), step, {
      matrix: plan.matrixRate * factor,
      adam: plan.adamRate * factor,
    })
    if (!Number.isFinite(report.loss))
      throw new KoinonError({ code: 'model/diverged', message: `the loss became ${report.loss} at step ${step}` })
    losses.push(report.loss)
    onProgress({ step, steps, ...report, tokens: tokensAt(step), cpuSeconds: cpuSeconds() })
    if (step % saveEverySteps === 0 || step === steps) {
      const identity = prefixIdentity(plan, hash, step)
      saveCheckpoint(checkpointPath, {
        identity,
        step,
        cpuSeconds: cpuSeconds(),
        losses,
        tensors: await engine.tensors(),
      })
    }
  }
  const tail = losses.slice(-50)
  return {
    tensors: await engine.tensors(),
    tokenizer,
    steps,
    tokens: tokensAt(steps),
    cpuSeconds: cpuSeconds(),
    parameters: parameterCount(shape),
    firstLoss: losses[0] ?? Number.NaN,
    finalLoss: tail.reduce((sum, loss) => sum + loss, 0) / tail.length,
    dataHash: hash,
  }
}
