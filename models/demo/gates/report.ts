import { type Corpus, type Sample } from '../data/corpus.ts'
import { unknownAnswer } from '../data/unknown.ts'
import type { InferenceEngine } from '../inference.ts'
import { ask, askAll, honestShare, type Outcome, share } from './answers.ts'
import { newcomerSets, seenQuestions, seenWordings, unknownQuestions } from './question-sets.ts'

/** Answers whose least probable early token is below this are shown with a visible notice "unsure". */
export const unsureThreshold = 0.5

/** Result of one counted gate. `minimum` 0 means the figure is only reported. */
export type Gate = { readonly total: number; readonly share: number; readonly minimum: number; readonly pass: boolean }

/** What the unsure notice would do at a threshold. */
export type UnsureRow = {
  readonly threshold: number
  /** Held-out unknown topics answered by the honest sentence or marked unsure. */
  readonly unknownHonest: number
  /** Unseen how-to wordings answered wrongly with no notice. */
  readonly howToWrongUnmarked: number
  /** Right answers (gates A, B, C together) that carry no notice. */
  readonly rightUnmarked: number
}

type AnswerReport = {
  readonly gates: Readonly<Record<string, Gate>>
  readonly unsure: readonly UnsureRow[]
  readonly misses: readonly {
    readonly set: string
    readonly question: string
    readonly wanted: string
    readonly given: string
  }[]
  readonly samples: readonly { readonly question: string; readonly answer: string; readonly leastProbable: number }[]
}

const round = (value: number) => Math.round(value * 10_000) / 10_000

/** Gate of a share of right answers; `minimum` and share are fractions of 1. */
function gateOf(total: number, value: number, minimum: number): Gate {
  return { total, share: round(value), minimum, pass: value >= minimum }
}

/** Asks all question sets through the serving engine and counts. */
export async function answerReport(engine: InferenceEngine, corpus: Corpus, seenCount: number): Promise<AnswerReport> {
  const sets: Record<string, readonly Sample[]> = {
    seen: seenWordings(corpus, seenCount),
    seenWithSlips: seenQuestions(corpus, seenCount),
    knownTemplateNewTerm: corpus.knownTemplateNewTerm(),
    unseenTemplate: corpus.unseenTemplate(),
    unseenHowTo: corpus.unseenHowTo(),
    unseenContrast: corpus.unseenContrast(),
    unknown: unknownQuestions(240),
  }
  const outcomes: Record<string, Outcome[]> = {}
  for (const [name, samples] of Object.entries(sets)) outcomes[name] = await askAll(engine, samples)
  const newcomer = await newcomerOutcomes(engine, corpus)
  const of = (name: string) => outcomes[name] ?? []
  const minimums = {
    seen: 0.95,
    seenWithSlips: 0,
    knownTemplateNewTerm: 0.9,
    unseenTemplate: 0,
    unseenHowTo: 0.7,
    unseenContrast: 0,
    unknown: 0.9,
  }
  const gates: Record<string, Gate> = {}
  for (const [name, minimum] of Object.entries(minimums))
    gates[name] = gateOf(of(name).length, share(of(name)), minimum)
  gates.newcomer = gateOf(newcomer.length, share(newcomer), 0.9)
  const system = newcomer.filter((_, index) => index % 4 === 0)
  gates.withSystemMessage = gateOf(system.length, await systemShare(engine, system), 0)
  const open = [...of('knownTemplateNewTerm'), ...of('unseenTemplate'), ...of('unseenHowTo')]
  const unsure = [0, 0.4, 0.5, 0.6, 0.7].map((threshold) => ({
    threshold,
    unknownHonest: round(honestShare(of('unknown'), unknownAnswer, threshold)),
    howToWrongUnmarked: round(1 - honestShare(of('unseenHowTo'), unknownAnswer, threshold)),
    rightUnmarked: round(share(open, threshold)),
  }))
  const misses = Object.entries({ ...outcomes, newcomer }).flatMap(([set, list]) =>
    list.filter(({ right }) => !right).map(({ question, id, given }) => ({ set, question, wanted: id, given })),
  )
  const samples = newcomer.map(({ question, given, leastProbable }) => ({
    question,
    answer: given,
    leastProbable: round(leastProbable),
  }))
  return { gates, unsure, misses, samples }
}

async function newcomerOutcomes(engine: InferenceEngine, corpus: Corpus): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { question, accept, ids } of newcomerSets(corpus)) {
    const { text, leastProbable } = await ask(engine, question)
    const right = accept.includes(text)
    outcomes.push({ id: ids.join(' | '), question, answer: accept[0] ?? '', given: text, right, leastProbable })
  }
  return outcomes
}

/** The same questions behind a system message, as many clients send one: share of unchanged answers. */
async function systemShare(engine: InferenceEngine, outcomes: readonly Outcome[]): Promise<number> {
  let same = 0
  for (const { question, given } of outcomes) {
    const { text } = await ask(engine, question, 'You are a friendly assistant for developers. Keep it short.')
    if (text === given) same++
  }
  return same / Math.max(1, outcomes.length)
}
