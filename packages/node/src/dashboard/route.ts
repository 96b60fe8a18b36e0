import type { IncomingMessage } from 'node:http'
import { KoinonError } from '@koinon/base'
import { parseJsonObject, readBody } from '@koinon/base/node'

/** Who may ask: anybody; programs and the page of this machine; the owner's browser, which shows the local token. */
export type Access = 'open' | 'local' | 'owner'

/** One question of the dashboard API (specs/0008-http.md section 2); `answer` returns plain JSON, bigints allowed. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  readonly access: Access
  readonly answer: (request: IncomingMessage, path: string) => Promise<unknown>
}

const maximumBodyBytes = 16 * 1024

/** The JSON object in a request's body. Throws `http/*`. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  return parseJsonObject(await readBody(request, maximumBodyBytes))
}

export function query(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
}

/** A whole number of up to six digits from the query, else `fallback`. */
export function queryNumber(request: IncomingMessage, name: string, fallback: number): number {
  const text = query(request).get(name)
  return text !== null && /^[0-9]{1,6}$/.test(text) ? Number(text) : fallback
}

export function notFound(path: string): KoinonError {
  return new KoinonError({
    code: 'api/not-found',
    message: `There is nothing at ${path.slice(0, 100)}`,
    details: { status: 404 },
  })
}
