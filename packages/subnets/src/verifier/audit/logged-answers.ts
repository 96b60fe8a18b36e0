/** The texts behind a log, which its validator publishes: a stranger, who may send slowly, and more than a reader can hold. */
import { type Hex, sha256Hex } from '@koinon/base'
import { answerBytesBounds, isLongerThan } from '../../rules/subnet-file/task-answer.ts'
import { inParallel } from '../in-parallel.ts'

type AnswerBounds = {
  /** Of all texts together, characters. */
  readonly mostLength: number
  /** For all of them; those under way are waited for. */
  readonly timeMs: number
}

type LoggedAnswers = {
  /** By hash; the empty text, which no hash is of, where another one was sent. */
  readonly answers: ReadonlyMap<Hex, string>
  /** Hashes whose text was sent. */
  readonly published: readonly Hex[]
  /** Why the rest was not asked for. */
  readonly problem?: string
  readonly isSlow: boolean
}

/** Answers that a validator is asked for side by side. */
const answersAtOnce = 8
const mebibyte = 1_048_576
const usualBounds: AnswerBounds = { mostLength: 256 * mebibyte, timeMs: 600_000 }

/** Asks for each once, until it takes too long or is too much. */
export async function readLoggedAnswers(
  hashes: Iterable<Hex>,
  answerOf: (hash: Hex) => Promise<string | undefined>,
  { mostLength, timeMs }: AnswerBounds = usualBounds,
): Promise<LoggedAnswers> {
  const answers = new Map<Hex, string>()
  const published: Hex[] = []
  const endsAtMs = performance.now() + timeMs
  let length = 0
  let isSlow = false
  await inParallel([...new Set(hashes)], answersAtOnce, async (hash) => {
    isSlow ||= performance.now() > endsAtMs
    if (isSlow || length > mostLength) return
    const text = await answerOf(hash)
    if (text === undefined) return
    // Another text is not worth keeping.
    const isIt = !isLongerThan(text, answerBytesBounds.most) && sha256Hex(text) === hash
    if (isIt) published.push(hash)
    if (isIt) length += text.length
    answers.set(hash, isIt ? text : '')
  })
  if (isSlow) return { answers, published, problem: `its answers took longer than ${timeMs / 1_000} s`, isSlow }
  if (length <= mostLength) return { answers, published, isSlow }
  return { answers, published, problem: `its answers are more than ${mostLength / mebibyte} MiB`, isSlow }
}
