/** A miner's answer to one question as it is committed and published (specs/0016-subnet-files.md section 3). */
import { type Address, type Hex, KoinonError, sha256Hex, utf8ToBytes } from '@koinon/base'

/** What the answer is for; all of it stands in the text that is hashed, so no answer serves another miner, epoch or question. */
export type AnswerPlace = {
  readonly netuid: number
  readonly epoch: number
  readonly hotkey: Address
  readonly task: number
  readonly taskHash: Hex
}

export type TaskAnswer = { readonly text: string; readonly answerHash: Hex; readonly requestId: Hex }

/** Longest text of a question, UTF-16 units. */
export const maximumQuestionLength = 262_144

/** Most bytes of an answer's text in UTF-8 that a file may allow, the least that it must, and what holds when it says nothing. */
export const answerBytesBounds = { least: 1_024, most: 262_144, unlessSaid: 32_768 } as const

const keptAnswerSeconds = 86_400
const keptAnswerEpochs = { least: 8, most: 200 } as const

/** How many epochs back miners and validators keep answers: a day, but at least 8 and at most 200 epochs. */
export function answerEpochs(epochSeconds: number): number {
  const epochs = Math.ceil(keptAnswerSeconds / epochSeconds)
  return Math.min(keptAnswerEpochs.most, Math.max(keptAnswerEpochs.least, epochs))
}

/** Most arrays and objects in each other, the answer's own object among them: no machine's stack decides. */
const maximumAnswerDepth = 64

/** `responseText` is the response's JSON. The answer is committed by its hash and asked for by its request id, the hash's first 16 bytes. */
export function taskAnswer(place: AnswerPlace, responseText: string): TaskAnswer {
  const { netuid, epoch, hotkey, task, taskHash } = place
  const head = JSON.stringify({ v: 1, netuid, epoch, hotkey, task, taskHash })
  return answerOf(`${head.slice(0, -1)},"response":${responseText}}`)
}

/** Half of a surrogate pair has no bytes of its own: texts that differ in such halves would have one hash. */
export function isWholeText(text: string): boolean {
  return text.isWellFormed()
}

/** An answer from its text, whatever that holds. */
export function answerOf(text: string): TaskAnswer {
  const answerHash = sha256Hex(text)
  return { text, answerHash, requestId: answerHash.slice(0, 34) as Hex }
}

/** Whether a text has more bytes in UTF-8 than that. */
export function isLongerThan(text: string, bytes: number): boolean {
  return text.length > bytes || utf8ToBytes(text).length > bytes
}

/** The response's JSON text. Throws `subnets/bad-answer` when the text is not an answer for this place, of so many bytes at most. */
export function readTaskAnswer(text: string, place: AnswerPlace, answerBytes: number): string {
  if (!isWholeText(text)) throw badAnswer('it is no Unicode text')
  if (isLongerThan(text, answerBytes)) throw badAnswer(`it is longer than ${answerBytes} bytes`)
  if (depthOf(text) > maximumAnswerDepth) throw badAnswer(`it is nested more than ${maximumAnswerDepth} deep`)
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text) as Record<string, unknown>
  } catch {
    throw badAnswer('it is not JSON')
  }
  if (typeof json !== 'object' || json === null || json['v'] !== 1) throw badAnswer('"v" is not 1')
  for (const key of ['netuid', 'epoch', 'hotkey', 'task', 'taskHash'] as const) {
    if (json[key] !== place[key])
      throw badAnswer(`"${key}" is ${JSON.stringify(json[key])?.slice(0, 80)}, not ${place[key]}`)
  }
  if (json['response'] === undefined) throw badAnswer('"response" is missing')
  return JSON.stringify(json['response'])
}

/** Of a JSON text; of another text any number. */
function depthOf(text: string): number {
  let depth = 0
  let most = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') isInString = !isInString
    else if (isInString) at += character === '\\' ? 1 : 0
    else if (character === '[' || character === '{') most = Math.max(most, ++depth)
    else if (character === ']' || character === '}') depth--
  }
  return most
}

function badAnswer(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-answer', message: `The answer does not fit its question: ${problem}` })
}
