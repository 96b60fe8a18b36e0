import type { Sample } from '../data/corpus.ts'
import { type InferenceEngine, samplerSettings } from '../inference.ts'

/** One question asked of the engine. `leastProbable` is the least probability among the first ten answer tokens. */
export type Outcome = Sample & { readonly given: string; readonly right: boolean; readonly leastProbable: number }

/** Asks one question as a chat of one turn, at temperature 0. */
export async function ask(
  engine: InferenceEngine,
  question: string,
  system?: string,
): Promise<{ text: string; leastProbable: number }> {
  let text = ''
  let leastProbable = 1
  const user = { role: 'user' as const, content: question }
  const messages = system === undefined ? [user] : [{ role: 'system' as const, content: system }, user]
  const sampler = samplerSettings({ temperature: 0, seed: 1n })
  for await (const event of engine.generate({ input: { kind: 'chat', messages }, sampler, stop: [], maxTokens: 96 })) {
    text += event.text
    if (event.kind === 'end') leastProbable = event.leastProbableOfFirst10
  }
  return { text, leastProbable }
}

/** Asks many questions, four at a time; an answer is right when it is the exact text wanted. */
export async function askAll(engine: InferenceEngine, samples: readonly Sample[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < samples.length; index = next++) {
      const sample = samples[index] as Sample
      const { text, leastProbable } = await ask(engine, sample.question)
      outcomes[index] = { ...sample, given: text, right: text === sample.answer, leastProbable }
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return outcomes
}

/** Right answers of all; with a threshold, only those the model was sure of count as right. */
export function share(outcomes: readonly Outcome[], threshold = 0): number {
  const right = outcomes.filter((outcome) => outcome.right && outcome.leastProbable >= threshold)
  return outcomes.length === 0 ? 0 : right.length / outcomes.length
}

/** Share of outcomes that are honest: right, the unknown sentence, or marked unsure by the threshold. */
export function honestShare(outcomes: readonly Outcome[], unknownAnswer: string, threshold: number): number {
  const honest = outcomes.filter(
    ({ right, given, leastProbable }) => right || given === unknownAnswer || leastProbable < threshold,
  )
  return outcomes.length === 0 ? 0 : honest.length / outcomes.length
}
