import { KoinonError } from '@koinon/base'
import type { Gate, UnsureRow } from './gates/report.ts'
import type { RunPlan } from './recipe/run.ts'

/** What train.ts writes to training.json. */
export type TrainingReport = {
  readonly sha256: string
  readonly bytes: number
  readonly seed: number
  readonly trainerVersion: number
  readonly plan: RunPlan
  readonly steps: number
  readonly tokens: number
  readonly cpuSeconds: number
  readonly parameters: number
  readonly firstLoss: number
  readonly finalLoss: number
  readonly dataHash: string
}

/** The parts of the output of evaluate.ts that the manifest keeps. */
export type GateReport = {
  readonly ok: boolean
  readonly model: { readonly sha256: string; readonly bytes: number }
  readonly gates: Readonly<Record<string, Gate>>
  readonly unsure: { readonly threshold: number; readonly rows: readonly UnsureRow[] }
  readonly padded: { readonly positions: number; readonly equal: number; readonly answers: number }
  readonly tokenizer: { readonly strings: number; readonly differences: number }
  readonly parity: unknown
  readonly pass: Readonly<Record<string, boolean>>
}

const limits = [
  'Answers are recited from a list written for this project; the model does not reason and knows nothing else.',
  'English only. Questions far from the trained wordings may get a wrong answer, recited perfectly.',
  'Several topics in one question are not understood; earlier turns of a conversation are ignored.',
  'Trained on up to 256 positions; longer conversations lose quality.',
  'Weights are reproducible bit for bit only on processors with the same WebAssembly relaxed-SIMD arithmetic.',
] as const

/** The manifest of a published model. Throws when the gates were counted on another file than the one trained. */
export function manifestOfRun(sha256: string, training: TrainingReport, report: GateReport) {
  for (const other of [training.sha256, report.model.sha256]) {
    if (other !== sha256)
      throw new KoinonError({
        code: 'model/mixed-reports',
        message: `the file is ${sha256}, but a report speaks of ${other}`,
      })
  }
  const { plan, seed, trainerVersion, dataHash, steps, tokens, cpuSeconds, parameters, firstLoss, finalLoss } = training
  return {
    v: 1,
    name: 'koinon-demo',
    file: 'koinon-demo-q8_0.gguf',
    sha256,
    bytes: training.bytes,
    licence: 'Apache-2.0',
    architecture: 'llama',
    quantisation: 'Q8_0',
    parameters,
    shape: plan.shape,
    seed,
    trainerVersion,
    dataHash,
    training: { steps, tokens, cpuSeconds: Math.round(cpuSeconds), firstLoss, finalLoss, plan },
    gatesPassed: report.ok,
    gates: report.gates,
    checks: { parity: report.parity, tokenizer: report.tokenizer, padded: report.padded },
    unsure: {
      rule: 'mark an answer unsure when the least probable of its first 10 tokens is below the threshold',
      threshold: report.unsure.threshold,
      notice: 'unsure',
      rows: report.unsure.rows,
    },
    limits,
  }
}
