import { type Check, checkThat, fail, notChecked } from '@koinon/work'
import { answerText } from '../../rules/determinism-text.ts'
import { checkSamplerSettings, neededLogits, sampleToken } from '../../rules/sampler.ts'
import { checkClass, checkCounts, checkFinish, checkPrompt, checkText } from './checks.ts'
import type { ReplayDifference, ReplayEngine, ReplayEvidence, ReplayVerdict } from './evidence.ts'

/**
 * Checks one answer by ONE pass over prompt and output: every token is drawn again by the canonical sampler from the logits
 * of this engine and must be the same one; the answer must have ended where the rules say; text and counts must follow from
 * the tokens. Inside one determinism class an honest answer passes with certainty.
 *
 * Throws what the engine throws when it cannot work (engine/busy, engine/deadline, engine/stopped) and the signal's reason.
 */
export async function replay(
  engine: ReplayEngine,
  evidence: ReplayEvidence,
  signal?: AbortSignal,
): Promise<ReplayVerdict> {
  const surface = [checkPrompt(evidence), checkCounts(evidence)]
  const classCheck = checkClass(evidence, engine.determinismClass())
  const obstacle =
    classCheck.state === 'pass' ? findObstacle(engine, evidence) : notChecked('tokens', classCheck.detail)
  if (obstacle !== undefined) {
    const unchecked = ['finish', 'text'].map((name) => notChecked(name, obstacle.detail))
    return verdict([classCheck, obstacle, ...unchecked, ...surface], undefined, 0)
  }
  const drawn = await drawAgain(engine, evidence, signal)
  const { text, stoppedAfter } = answerText(evidence.outputTokenIds, engine.tokenBytes, evidence.stop)
  const endTokenAt = evidence.outputTokenIds.findIndex((id) => engine.isEndToken(id))
  const finish =
    drawn.difference === undefined
      ? checkFinish(evidence, {
          stoppedAfter,
          endTokenAt: endTokenAt < 0 ? undefined : endTokenAt,
          isEndNext: drawn.next !== undefined && engine.isEndToken(drawn.next),
        })
      : notChecked('finish', 'the tokens are not those of the model')
  const checks = [classCheck, checkTokens(drawn), finish, checkText(evidence, text), ...surface]
  return verdict(checks, drawn.difference, drawn.compared)
}

/** Replays many answers side by side, as many at a time as the engine has sequences. Verdicts come in the order given. */
export async function replayAll(
  engine: ReplayEngine,
  evidence: readonly ReplayEvidence[],
  signal?: AbortSignal,
): Promise<readonly ReplayVerdict[]> {
  const verdicts: ReplayVerdict[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < evidence.length) {
      const index = next++
      verdicts[index] = await replay(engine, evidence[index] as ReplayEvidence, signal)
    }
  }
  await Promise.all(Array.from({ length: engine.load.maxParallelSequences }, work))
  return verdicts
}

type Drawn = {
  readonly difference: ReplayDifference | undefined
  /** Token drawn after the last output token. */
  readonly next: number | undefined
  readonly compared: number
}

async function drawAgain(
  engine: ReplayEngine,
  evidence: ReplayEvidence,
  signal: AbortSignal | undefined,
): Promise<Drawn> {
  const { vocabularySize } = engine.manifest
  const width = neededLogits(evidence.sampler, vocabularySize)
  const drawn = await drawWithWidth(engine, evidence, width, signal)
  // Equal logits at the edge of a row leave the draw open: look at the whole vocabulary.
  return drawn ?? ((await drawWithWidth(engine, evidence, vocabularySize, signal)) as Drawn)
}

async function drawWithWidth(
  engine: ReplayEngine,
  evidence: ReplayEvidence,
  width: number,
  signal: AbortSignal | undefined,
): Promise<Drawn | undefined> {
  const { promptTokenIds, outputTokenIds, sampler } = evidence
  let difference: ReplayDifference | undefined
  let next: number | undefined
  let compared = 0
  let isOpen = false
  const forcing = {
    tokenIds: [...promptTokenIds, ...outputTokenIds],
    rowsFrom: promptTokenIds.length - 1,
    width,
    onRow: (row: Parameters<typeof sampleToken>[0], position: number): boolean => {
      const expected = sampleToken(row, sampler, position)
      if (expected === undefined) {
        isOpen = true
        return false
      }
      const index = position - promptTokenIds.length
      if (index === outputTokenIds.length) {
        next = expected
        return false
      }
      compared += 1
      const got = outputTokenIds[index] as number
      if (got !== expected) difference = { position, expected, got }
      return difference === undefined
    },
  }
  await engine.teacherForce(forcing, signal)
  return isOpen ? undefined : { difference, next, compared }
}

/** Why tokens cannot be compared although the class fits: a failed check for malformed evidence, notChecked for our limits. */
function findObstacle(engine: ReplayEngine, evidence: ReplayEvidence): Check | undefined {
  const { promptTokenIds, outputTokenIds, sampler } = evidence
  const all = [...promptTokenIds, ...outputTokenIds]
  const bad = all.find((id) => !Number.isInteger(id) || id < 0 || id >= engine.manifest.vocabularySize)
  if (bad !== undefined) return fail('tokens', `${bad} is not a token of this model`)
  if (promptTokenIds.length === 0) return fail('tokens', 'no prompt is shown')
  try {
    checkSamplerSettings(sampler)
  } catch (error) {
    return fail('tokens', (error as Error).message)
  }
  if (all.length > engine.contextTokens) {
    return notChecked(
      'tokens',
      `${all.length} tokens do not fit into this verifier's context of ${engine.contextTokens}`,
    )
  }
  return undefined
}

function checkTokens({ difference, compared }: Drawn): Check {
  if (difference === undefined)
    return checkThat('tokens', true, `all ${compared} output tokens drawn again, none differs`)
  const { position, expected, got } = difference
  return fail('tokens', `at position ${position} the model draws token ${expected}, the answer has ${got}`)
}

function verdict(
  checks: readonly Check[],
  firstDifference: ReplayDifference | undefined,
  comparedTokens: number,
): ReplayVerdict {
  const stateOf = (name: string) => checks.find((check) => check.name === name)?.state
  const isFailed = checks.some((check) => check.state === 'fail')
  const isComplete = stateOf('tokens') === 'pass' && stateOf('finish') === 'pass'
  const state = isFailed ? 'fail' : isComplete ? 'pass' : 'notChecked'
  return { state, checks, comparedTokens, ...(firstDifference === undefined ? {} : { firstDifference }) }
}
