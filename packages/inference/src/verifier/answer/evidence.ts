/** What a provider shows of one answer, parsed from outside. Nothing in it is believed: every part is held against the receipt. */
import { KoinonError } from '@koinon/base'

export type AnswerEvidence = {
  readonly kind: 'chat' | 'text'
  /** Bodies as they went over the wire. */
  readonly request: Uint8Array
  readonly response: Uint8Array
  /** Undefined when the engine behind the provider does not tell its tokens. */
  readonly promptTokenIds: readonly number[] | undefined
  readonly outputTokenIds: readonly number[] | undefined
}

const maximumTokens = 1_000_000

/** Parses the JSON of `GET /v1/evidence/{id}`. Throws `inference/bad-evidence` naming the field. */
export function parseAnswerEvidence(json: unknown): AnswerEvidence {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const kind = value['kind']
  if (kind !== 'chat' && kind !== 'text') throw badEvidence('kind')
  return {
    kind,
    request: readBase64(value, 'requestBase64'),
    response: readBase64(value, 'responseBase64'),
    promptTokenIds: readTokens(value, 'promptTokenIds'),
    outputTokenIds: readTokens(value, 'outputTokenIds'),
  }
}

function readTokens(value: Record<string, unknown>, field: string): readonly number[] | undefined {
  const tokens = value[field]
  if (tokens === undefined || tokens === null) return undefined
  const isCount = (token: unknown): token is number => Number.isSafeInteger(token) && (token as number) >= 0
  if (!Array.isArray(tokens) || tokens.length > maximumTokens || !tokens.every(isCount)) throw badEvidence(field)
  return tokens
}

function readBase64(value: Record<string, unknown>, field: string): Uint8Array {
  const text = value[field]
  if (typeof text !== 'string' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw badEvidence(field)
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function badEvidence(field: string): KoinonError {
  return new KoinonError({
    code: 'inference/bad-evidence',
    message: `The evidence is malformed: ${field}`,
    details: { field },
  })
}
