/** What validators publish, read as hearsay: bounded in size and time, and remembered once read. */
import { concatBytes } from '@koinon/base'
import { originOf } from '../gateway/endpoint-origin.ts'

export type Publisher = { readonly uid: number; readonly hotkey: string; readonly endpoint: string }

/** One document of one validator; undefined when it does not answer, publishes none or one that does not parse. */
export type ReadDocument<document> = (
  validator: Publisher,
  netuid: number,
  epoch: number,
) => Promise<document | undefined>

const timeoutMs = 2_000
/** Of one document; a longer one is its author's trouble. */
export const maximumDocumentBytes = 4 * 1024 * 1024
const keptDocuments = 200
const failurePauseMs = 10_000

/** `parse` may throw: then the document counts as not there. */
export function createDocumentReader<document>(
  kind: 'evidence-log' | 'records',
  parse: (text: string, validator: Publisher) => document,
): ReadDocument<document> {
  const kept = new Map<string, document>()
  const failedAtMs = new Map<string, number>()
  return async (validator, netuid, epoch) => {
    const name = `${validator.hotkey}/${netuid}/${epoch}`
    const known = kept.get(name)
    if (known !== undefined) return known
    // Whoever just failed is not asked again at once, however often strangers open the page.
    if (performance.now() - (failedAtMs.get(validator.endpoint) ?? Number.NEGATIVE_INFINITY) < failurePauseMs)
      return undefined
    try {
      const text = await fetchText(`${originOf(validator.endpoint)}/v1/${kind}/${netuid}/${epoch}`)
      if (text === undefined) return undefined
      const document = parse(text, validator)
      if (kept.size >= keptDocuments) kept.delete(kept.keys().next().value as string)
      kept.set(name, document)
      return document
    } catch {
      failedAtMs.set(validator.endpoint, performance.now())
      return undefined
    }
  }
}

async function fetchText(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (response.ok) return readBounded(response)
  await response.body?.cancel()
  return undefined
}

/** At most `maximumDocumentBytes` of text; undefined beyond, without having read it. */
async function readBounded(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > maximumDocumentBytes) return undefined
    parts.push(part)
  }
  return new TextDecoder().decode(concatBytes(...parts))
}
