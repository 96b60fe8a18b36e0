/** Calling another node with a signed request (specs/0004-node-requests.md), over whatever carries HTTP. */
import { type Address, bytesToHex, type Clock, type Hex, isKoinonError, KoinonError, type Random } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { nodeRequestHeader, signNodeRequest } from '../node-request.ts'
import type { NodeCredentials } from './request-gate.ts'

/** Half of the lifetime a recipient allows, so that clocks may differ by as much. */
export const callLifetimeMs = 30_000
const maximumAnswerBytes = 32 << 20

/** Who calls. */
export type NodeCaller = {
  /** The session key in force now; it is replaced before its delegation ends. */
  readonly session: () => NodeCredentials
  readonly clock: Clock
  readonly random: Random
}

export type NodeHttpRequest = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly signal: AbortSignal
}

/** Carries one request to the node; rejects when it cannot be reached. */
export type NodeTransport = (
  request: NodeHttpRequest,
) => Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>

export type NodeCall = {
  readonly transport: NodeTransport
  readonly recipient: Address
  readonly method: NodeHttpRequest['method']
  /** With its query; what the recipient sees as the request's target. */
  readonly path: string
  readonly body?: string
  readonly timeoutMs: number
  /** 32 MiB unless given. */
  readonly maximumBytes?: number
  readonly signal?: AbortSignal
}

/** The header that proves who asks. `bodyHash` is the SHA-256 of the body bytes. */
export function signedHeader(
  caller: NodeCaller,
  request: { readonly recipient: Address; readonly method: string; readonly path: string; readonly bodyHash: Hex },
): string {
  const nonce = bytesToHex(caller.random(16))
  return signNodeRequest({ ...request, nonce, expiresAtMs: caller.clock.nowMs() + callLifetimeMs }, caller.session())
}

/**
 * One signed JSON call with a deadline. Throws `node/unreachable`, `node/too-large`, `node/not-json`, and `node/refused` with `status`
 * and `remoteCode` in the details.
 */
export async function callNode(caller: NodeCaller, call: NodeCall): Promise<unknown> {
  const { transport, recipient, method, path, body } = call
  const header = signedHeader(caller, { recipient, method, path, bodyHash: bytesToHex(sha256Native(body ?? '')) })
  const deadline = AbortSignal.timeout(call.timeoutMs)
  const signal = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal])
  const headers = {
    [nodeRequestHeader]: header,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  try {
    const answer = await transport({ method, path, headers, body, signal })
    if (answer.status >= 400) throw refused(answer.status, await readJson(answer.body).catch(() => undefined))
    return await readJson(answer.body, call.maximumBytes)
  } catch (error) {
    throw isKoinonError(error) ? error : unreachable(error)
  }
}

/** Reads JSON of at most `maximumBytes`. Throws `node/too-large` or `node/not-json`. */
export async function readJson(
  body: AsyncIterable<Uint8Array>,
  maximumBytes: number = maximumAnswerBytes,
): Promise<unknown> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > maximumBytes) {
      throw new KoinonError({
        code: 'node/too-large',
        message: `The node sent more than ${maximumBytes} bytes`,
        hint: 'Ask another node: an honest one keeps to that limit.',
      })
    }
    parts.push(part)
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)))
  } catch (cause) {
    throw new KoinonError({
      code: 'node/not-json',
      message: 'The node did not answer in JSON',
      hint: 'Check that the address is that of a node of this network.',
      retry: 'later',
      cause,
    })
  }
}

function refused(status: number, json: unknown): KoinonError {
  const error = (json as { error?: { message?: unknown; code?: unknown } } | null | undefined)?.error
  const isPassing = status >= 500 || status === 429
  return new KoinonError({
    code: 'node/refused',
    message: `The node refused with status ${status}: ${String(error?.message ?? 'no reason given').slice(0, 300)}`,
    hint: isPassing
      ? 'Try again in a moment.'
      : 'The same question again gets the same answer: go by the reason given.',
    retry: isPassing ? 'later' : 'never',
    details: { status, remoteCode: String(error?.code ?? '').slice(0, 100) },
  })
}

function unreachable(error: unknown): KoinonError {
  const inner = (error as { cause?: { message?: string; code?: string } } | null)?.cause
  const reason = inner?.code ?? inner?.message ?? (error as Error).message
  return new KoinonError({
    code: 'node/unreachable',
    message: `The node did not answer: ${reason}`,
    hint: 'Check that it runs and that its address can be reached from this machine.',
    retry: 'later',
    cause: error,
  })
}
