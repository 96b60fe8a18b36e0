/** An OpenAI-compatible server that somebody else runs: where it is, and whether it has the model before anything is offered. */
import { KoinonError } from '@koinon/base'
import { Pool } from 'undici'

export type UpstreamServer = {
  /** Base URL with or without the `/v1` at its end, e.g. `http://127.0.0.1:11434`. */
  readonly url: string
  /** Bearer key, if the server wants one. */
  readonly apiKey?: string
  /** Model id at the server. */
  readonly model: string
}

/** Context that is offered when neither the operator nor the server tells one, tokens. */
export const assumedContextLength = 4_096

const probeTimeoutMs = 10_000
const maximumListBytes = 1 << 20
const namedModels = 8

/** Origin and the path that ends with `/v1`. Throws `upstream/bad-url`. */
export function upstreamBase(url: string): { readonly origin: string; readonly path: string } {
  const parsed = URL.parse(url)
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:'
  if (parsed === null || !isHttp || parsed.username !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw new KoinonError({
      code: 'upstream/bad-url',
      message: `"${url.slice(0, 100)}" is no address of an OpenAI-compatible server`,
      hint: 'Give its base URL, e.g. http://127.0.0.1:8000; a key goes into an environment variable.',
    })
  }
  return { origin: parsed.origin, path: `${parsed.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1` }
}

/** Headers of every request to the server. */
export function upstreamHeaders(apiKey: string | undefined): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
}

/**
 * Asks the server for its models. Resolves with the context it says the model has, undefined when it says none (vLLM says
 * `max_model_len`). Throws `upstream/bad-url`, `upstream/unreachable`, `upstream/refused` or `upstream/no-such-model`.
 */
export async function probeUpstream(server: UpstreamServer): Promise<{ readonly contextLength: number | undefined }> {
  const { origin, path } = upstreamBase(server.url)
  const pool = new Pool(origin, { connectTimeout: probeTimeoutMs })
  try {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: `${path}/models`,
      headers: upstreamHeaders(server.apiKey),
      signal: AbortSignal.timeout(probeTimeoutMs),
    })
    const text = await readAtMost(body, maximumListBytes)
    if (statusCode !== 200) throw refused(server, `${statusCode}`)
    return contextOf(server, listOf(server, text))
  } catch (error) {
    if (error instanceof KoinonError) throw error
    throw unreachable(server, error as Error)
  } finally {
    await pool.destroy()
  }
}

type ListedModel = { readonly id: string; readonly contextLength: number | undefined }

function listOf(server: UpstreamServer, text: string): readonly ListedModel[] {
  let data: unknown
  try {
    data = (JSON.parse(text) as { data?: unknown } | null)?.data
  } catch {
    // Falls through: what is no JSON is no list either.
  }
  if (!Array.isArray(data)) throw refused(server, 'something else than a list of models')
  return data.flatMap((entry: Readonly<Record<string, unknown>> | null) => {
    const id = entry?.['id']
    const length = entry?.['max_model_len']
    const isLength = Number.isSafeInteger(length) && (length as number) > 0
    return typeof id === 'string' ? [{ id, contextLength: isLength ? (length as number) : undefined }] : []
  })
}

function contextOf(server: UpstreamServer, models: readonly ListedModel[]): { contextLength: number | undefined } {
  const found = models.find(({ id }) => id === server.model)
  if (found !== undefined) return { contextLength: found.contextLength }
  const some = models.slice(0, namedModels).map(({ id }) => id.slice(0, 100))
  throw new KoinonError({
    code: 'upstream/no-such-model',
    message: `The server at ${server.url} has no model "${server.model}"`,
    hint:
      some.length === 0
        ? 'It lists no model at all; load one there first.'
        : `Name one that it has: ${some.join(', ')}.`,
  })
}

async function readAtMost(body: AsyncIterable<Buffer>, maximumBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > maximumBytes) break
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function refused(server: UpstreamServer, answer: string): KoinonError {
  const wantsKey = answer === '401' || answer === '403'
  return new KoinonError({
    code: 'upstream/refused',
    message: `The server at ${server.url} answered ${answer} when it was asked for its models`,
    hint: wantsKey
      ? 'It wants another key: put it into an environment variable and name that with --upstream-key-env.'
      : 'Check that the URL is that of an OpenAI-compatible server; /v1/models must answer.',
  })
}

function unreachable(server: UpstreamServer, cause: Error): KoinonError {
  const why = (cause as { code?: unknown }).code ?? cause.message
  return new KoinonError({
    code: 'upstream/unreachable',
    message: `The server at ${server.url} does not answer (${why})`,
    hint: 'Start it first, or check the URL.',
    retry: 'later',
    cause,
  })
}
