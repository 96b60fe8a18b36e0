/** Calling another node with a signed request (specs/0004-node-requests.md). */
import { bytesToHex, type Clock, type Hex, KoinonError, type Random } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import type { Session } from '@koinon/payments'
import { nodeRequestHeader, signNodeRequest } from '@koinon/work'
import type { Dispatcher } from 'undici'

/** Half of the lifetime a recipient allows, so that clocks may differ by as much. */
const lifetimeMs = 30_000
const maximumAnswerBytes = 32 << 20

export type NodeCaller = {
  readonly session: () => Session
  readonly clock: Clock
  readonly random: Random
}

/** The header that proves who asks. `bodyHash` is the SHA-256 of the body bytes. */
export function signedHeader(
  caller: NodeCaller,
  request: { readonly recipient: Hex; readonly method: string; readonly path: string; readonly bodyHash: Hex },
): string {
  const nonce = bytesToHex(caller.random(16))
  return signNodeRequest({ ...request, nonce, expiresAtMs: caller.clock.nowMs() + lifetimeMs }, caller.session())
}

/** One signed JSON call with a deadline. Errors of the other side come back as `node/refused` with its code in the details. */
export async function callNode(
  caller: NodeCaller,
  call: {
    readonly dispatcher: Dispatcher
    readonly recipient: Hex
    readonly method: 'GET' | 'POST' | 'DELETE'
    readonly path: string
    readonly body?: string
    readonly timeoutMs: number
  },
): Promise<unknown> {
  const { dispatcher, recipient, method, path, body, timeoutMs } = call
  const header = signedHeader(caller, { recipient, method, path, bodyHash: bytesToHex(sha256Native(body ?? '')) })
  const answer = await dispatcher.request({
    method,
    path,
    headers: { [nodeRequestHeader]: header, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body ?? null,
    signal: AbortSignal.timeout(timeoutMs),
  })
  const json = await readJson(answer.body)
  if (answer.statusCode >= 400) throw refused(answer.statusCode, json)
  return json
}

/** Reads at most 32 MiB of JSON. */
export async function readJson(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > maximumAnswerBytes)
      throw new KoinonError({ code: 'node/too-large', message: 'The node sent too much' })
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (cause) {
    throw new KoinonError({ code: 'node/not-json', message: 'The node did not answer in JSON', retry: 'later', cause })
  }
}

function refused(status: number, json: unknown): KoinonError {
  const error = (json as { error?: { message?: unknown; code?: unknown } } | null)?.error
  return new KoinonError({
    code: 'node/refused',
    message: `The node refused with status ${status}: ${String(error?.message ?? 'no reason given').slice(0, 300)}`,
    retry: status >= 500 || status === 429 ? 'later' : 'never',
    details: { status, remoteCode: String(error?.code ?? '').slice(0, 100) },
  })
}
