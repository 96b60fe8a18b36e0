import { type Check, checkThat, fail, notChecked, pass } from '@koinon/work'
import type { DeterminismStatement } from '../../rules/determinism.ts'
import type { ReplayEvidence } from './evidence.ts'

/** Whether this engine can answer for the claimed class at all. */
export function checkClass(evidence: ReplayEvidence, statement: DeterminismStatement): Check {
  if (!statement.exact) {
    return notChecked('class', `weights of type ${statement.class.quantisation} are not bit-exact across batches`)
  }
  const claimed = evidence.determinismClass
  if (claimed === undefined) return pass('class', 'no class was claimed; the replay engine stands for it')
  return claimed === statement.hash
    ? pass('class', `both are in class ${claimed.slice(0, 12)}…`)
    : notChecked(
        'class',
        `the answer is of class ${claimed.slice(0, 12)}…, this engine of ${statement.hash.slice(0, 12)}…`,
      )
}

/** Counts billed are the counts shown, and within the agreed limit. */
export function checkCounts(evidence: ReplayEvidence): Check {
  const { promptTokenIds, outputTokenIds, promptTokens, outputTokens, maxTokens } = evidence
  if (outputTokenIds.length > maxTokens) {
    return fail('counts', `${outputTokenIds.length} output tokens, agreed were at most ${maxTokens}`)
  }
  if (promptTokens === undefined && outputTokens === undefined) return notChecked('counts', 'no counts were claimed')
  const holds =
    (promptTokens ?? promptTokenIds.length) === promptTokenIds.length &&
    (outputTokens ?? outputTokenIds.length) === outputTokenIds.length
  const shown = `${promptTokenIds.length} prompt and ${outputTokenIds.length} output tokens shown`
  return checkThat('counts', holds, `${shown}, ${promptTokens ?? 'none'} and ${outputTokens ?? 'none'} claimed`)
}

/** The prompt is the one that the request gives by the model's own template. */
export function checkPrompt(evidence: ReplayEvidence): Check {
  const expected = evidence.expectedPromptTokenIds
  const { promptTokenIds } = evidence
  if (expected === undefined) return notChecked('prompt', 'the request was not given')
  const at = promptTokenIds.findIndex((id, index) => id !== expected[index])
  if (at >= 0)
    return fail('prompt', `token ${at} is ${promptTokenIds[at]}, the request gives ${expected[at] ?? 'no more'}`)
  return checkThat(
    'prompt',
    expected.length === promptTokenIds.length,
    `${promptTokenIds.length} tokens, the request gives ${expected.length}`,
  )
}

/** The text is what the tokens spell, up to a stop text. */
export function checkText(evidence: ReplayEvidence, spelled: string): Check {
  const { text } = evidence
  if (text === undefined) return notChecked('text', 'the text was not given')
  if (text === spelled) return pass('text', `${text.length} characters are what the tokens spell`)
  let at = 0
  while (at < text.length && text[at] === spelled[at]) at++
  return fail('text', `differs from what the tokens spell from character ${at} on`)
}

/** What the replay found out about the end of an answer. */
export type ReplayEnd = {
  /** Tokens after which a stop text was complete. */
  readonly stoppedAfter: number | undefined
  /** First index whose token is an end token. */
  readonly endTokenAt: number | undefined
  /** True when the token drawn after the last one ends the answer. */
  readonly isEndNext: boolean
}

/** The answer ended where the rules say: not earlier (truncated) and not later (inflated). */
export function checkFinish(evidence: ReplayEvidence, end: ReplayEnd): Check {
  const count = evidence.outputTokenIds.length
  const room = (evidence.contextTokens ?? Number.POSITIVE_INFINITY) - evidence.promptTokenIds.length
  const limit = Math.min(evidence.maxTokens, room)
  if (end.endTokenAt !== undefined)
    return fail('finish', `goes on after the end token at output token ${end.endTokenAt}`)
  if (end.stoppedAfter !== undefined && end.stoppedAfter < count) {
    return fail('finish', `goes on ${count - end.stoppedAfter} tokens after a stop text`)
  }
  switch (evidence.finishReason) {
    case 'stop':
      if (end.stoppedAfter !== undefined) return pass('finish', `a stop text was complete after ${count} tokens`)
      return checkThat(
        'finish',
        end.isEndNext,
        `"stop" after ${count} tokens; the model ${end.isEndNext ? 'ends' : 'goes on'} there`,
      )
    case 'length':
      if (end.stoppedAfter !== undefined) return fail('finish', 'a stop text was complete, but "length" was claimed')
      return checkThat('finish', count === limit, `"length" after ${count} tokens of ${limit}`)
    case 'abort':
      return notChecked('finish', 'the caller or a time limit is said to have ended the answer; the bytes do not tell')
    default:
      return fail('finish', `"${evidence.finishReason.slice(0, 40)}" is not a reason to end`)
  }
}
