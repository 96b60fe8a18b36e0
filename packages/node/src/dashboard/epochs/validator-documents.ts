/** What validators publish, read as hearsay: bounded in size and time, and remembered once read. */
import { concatBytes, maximumEvidenceLogBytes } from '@koinon/base'
import { originOf } from '../../gateway/endpoint-origin.ts'

export type Publisher = { readonly uid: number; readonly hotkey: string; readonly endpoint: string }

/** One document of one validator; undefined when it does not answer, publishes none or one that does not parse. */
export type ReadDocument<document> = (
  validator: Publisher,
  netuid: number,
  epoch: number,
) => Promise<document | undefined>

const timeoutMs = 5_000
const keptDocuments = 200
/** Of what is remembered, as it was sent, and of what is being read at once: strangers decide what is looked at. */
const keptBytes = 4 * maximumEvidenceLogBytes
const readBytes = 4 * maximumEvidenceLogBytes
const failurePauseMs = 10_000
const keptFailures = 4_096

/** `parse` may throw or give nothing: then the document counts as not there. */
export function createDocumentReader<document>(
  kind: 'evidence-log' | 'records',
  parse: (bytes: Uint8Array, validator: Publisher) => document | undefined | Promise<document | undefined>,
): ReadDocument<document> {
  const kept = new DocumentMemory<document>()
  const reading = { bytes: 0 }
  const failedAtMs = new Map<string, number>()
  return async (validator, netuid, epoch) => {
    const name = `${validator.hotkey}/${netuid}/${epoch}`
    const known = kept.get(name)
    if (known !== undefined) return known
    // Whoever just failed is not asked again at once, however often strangers open the page.
    if (performance.now() - (failedAtMs.get(validator.endpoint) ?? Number.NEGATIVE_INFINITY) < failurePauseMs)
      return undefined
    try {
      const bytes = await fetchBytes(`${originOf(validator.endpoint)}/v1/${kind}/${netuid}/${epoch}`, reading)
      if (bytes === undefined) return undefined
      const document = await parse(bytes, validator)
      if (document === undefined) throw new Error('it does not parse')
      kept.add(name, document, bytes.length)
      return document
    } catch {
      failedAtMs.delete(validator.endpoint)
      failedAtMs.set(validator.endpoint, performance.now())
      // Endpoints are free to change: the oldest failure is forgotten.
      if (failedAtMs.size > keptFailures) failedAtMs.delete(failedAtMs.keys().next().value as string)
      return undefined
    }
  }
}

/** The newest documents, as many as fit. */
class DocumentMemory<document> {
  readonly #kept = new Map<string, { readonly document: document; readonly bytes: number }>()
  #bytes = 0

  get(name: string): document | undefined {
    return this.#kept.get(name)?.document
  }

  add(name: string, document: document, bytes: number): void {
    this.#drop(name)
    this.#kept.set(name, { document, bytes })
    this.#bytes += bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptDocuments && this.#bytes <= keptBytes) break
      this.#drop(oldest)
    }
  }

  #drop(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0
    this.#kept.delete(name)
  }
}

type Reading = { bytes: number }

async function fetchBytes(url: string, reading: Reading): Promise<Uint8Array | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (response.ok) return readBounded(response, reading)
  await response.body?.cancel()
  return undefined
}

/** One document's limit of bytes; undefined beyond it, or where all that are being read have reached theirs, without having read it. */
async function readBounded(response: Response, reading: Reading): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response.body ?? []) {
      size += part.length
      reading.bytes += part.length
      if (size > maximumEvidenceLogBytes || reading.bytes > readBytes) return undefined
      parts.push(part)
    }
    return concatBytes(...parts)
  } finally {
    reading.bytes -= size
  }
}
