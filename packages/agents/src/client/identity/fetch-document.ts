/**
 * Fetches what strangers name in registries and files: bounded in bytes and time, over https to public addresses only. The address is
 * judged when the connection is made, so a name that resolves differently the second time gains nothing.
 */
import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { KoinonError } from '@koinon/base'
import { isPublicAddress } from './public-address.ts'

export type FetchBounds = {
  /** Also http and addresses that are not public: for networks on this machine and in tests. */
  readonly allowPrivate?: boolean
  /** For everything together, redirects included; 10 seconds unless said. */
  readonly timeoutMs?: number
  /** Ends it earlier: one deadline for several documents. */
  readonly signal?: AbortSignal
  /** 64 KiB unless said. */
  readonly maximumBytes?: number
}

export type FetchRequest = {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type FetchedDocument = {
  /** After redirects. */
  readonly url: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const mostRedirects = 3

/**
 * The answer, whatever its status. A GET follows up to three redirects, each judged like the first. Throws `agents/bad-url`,
 * `agents/forbidden-address`, `agents/document-too-large`, and `agents/unreachable` (later).
 */
export async function fetchDocument(
  given: string,
  bounds: FetchBounds = {},
  request: FetchRequest = {},
): Promise<FetchedDocument> {
  const deadline = AbortSignal.timeout(bounds.timeoutMs ?? 10_000)
  const signal = bounds.signal === undefined ? deadline : AbortSignal.any([deadline, bounds.signal])
  let url = given
  for (let redirects = 0; ; redirects += 1) {
    const answer = await fetchOnce(admittedUrl(url, bounds), bounds, request, signal)
    const location = answer.headers['location']
    const isOver = !redirectStatuses.has(answer.status) || location === undefined || request.method === 'POST'
    if (isOver || redirects === mostRedirects) return answer
    url = URL.canParse(location, url) ? new URL(location, url).href : location
  }
}

function admittedUrl(text: string, { allowPrivate = false }: FetchBounds): URL {
  const url = text.length <= 2_048 && URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || (allowPrivate && url?.protocol === 'http:')
  if (url === undefined || !isWeb || url.username !== '' || url.password !== '') {
    throw new KoinonError({
      code: 'agents/bad-url',
      message: `${text.slice(0, 120)} is not an https address that may be asked`,
      hint: 'Addresses of agents are https; http only on networks of one machine.',
    })
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw forbidden(host)
  return url
}

function fetchOnce(
  url: URL,
  { allowPrivate = false, maximumBytes = 64 * 1024 }: FetchBounds,
  { method = 'GET', headers = {}, body }: FetchRequest,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const options = {
      method,
      headers: { 'user-agent': 'koinon', 'accept-encoding': 'identity', ...headers },
      agent: false as const,
      signal,
      maxHeaderSize: 32_768,
      ...(allowPrivate ? {} : { lookup: publicLookup }),
    }
    const outgoing = send(url, options, (response) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        length += part.length
        if (length > maximumBytes) {
          outgoing.destroy()
          reject(tooLarge(url, maximumBytes))
        } else parts.push(part)
      })
      response.on('end', () => {
        const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({
          url: url.href,
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(named) as Record<string, string>,
          body: Buffer.concat(parts),
        })
      })
      response.on('error', (cause) => reject(unreachable(url, cause)))
    })
    outgoing.on('error', (cause) => reject(cause instanceof KoinonError ? cause : unreachable(url, cause)))
    outgoing.end(body)
  })
}

/** Refuses a name as soon as one of its addresses is not public. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0)
    const wrong = addresses.find(({ address }) => !isPublicAddress(address))
    if (wrong !== undefined || addresses.length === 0) return callback(forbidden(hostname), '', 0)
    if (options.all === true) return callback(null, addresses)
    const [first] = addresses
    callback(null, first?.address ?? '', first?.family ?? 0)
  })
}

function forbidden(host: string): KoinonError {
  return new KoinonError({
    code: 'agents/forbidden-address',
    message: `${host} is not an address of the public internet`,
    hint: 'Nothing was asked. Where the agent runs on this machine or its network, allow private addresses.',
  })
}

function tooLarge({ href }: URL, maximumBytes: number): KoinonError {
  return new KoinonError({
    code: 'agents/document-too-large',
    message: `${href} answers with more than ${maximumBytes} bytes`,
  })
}

function unreachable({ href }: URL, cause: Error): KoinonError {
  const reason = cause.name === 'AbortError' || cause.name === 'TimeoutError' ? 'no answer in time' : cause.message
  return new KoinonError({
    code: 'agents/unreachable',
    message: `${href} cannot be reached: ${reason}`,
    hint: 'Check the address, and that the agent runs.',
    retry: 'later',
    cause,
  })
}
