import { Gate } from './gate.ts'
import { type JsonRpcErrorBody, RpcError, rpcCodes, toRpcError } from './rpc-error.ts'
import type { RpcHandler } from './rpc-methods.ts'

/** Bounds of one HTTP request with its batch, and of one connection. */
export type MessageLimits = {
  readonly maxBatch: number
  /** Reads of one connection that run at once; the others of a batch wait. */
  readonly maxRunningPerConnection: number
  readonly maxResponseBytes: number
}

type Id = string | number | null
type Answer =
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly error: JsonRpcErrorBody }

/** One gate for the reads of a connection. */
export function connectionGate(limits: MessageLimits): Gate {
  return new Gate(limits.maxRunningPerConnection, limits.maxBatch)
}

/**
 * Answers the body of one HTTP request: a JSON-RPC 2.0 request or a batch. Transactions of a batch are submitted side by side,
 * so that they meet in one block. Returns undefined when there is nothing to answer (notifications only).
 */
export async function answerBody(
  body: string,
  handler: RpcHandler,
  limits: MessageLimits,
  gate: Gate,
): Promise<string | undefined> {
  let message: unknown
  try {
    message = JSON.parse(body)
  } catch {
    return JSON.stringify(failure(null, new RpcError(rpcCodes.parse, 'the body is not JSON')))
  }
  if (!Array.isArray(message)) {
    const answer = await answerOne(message, handler, gate)
    return answer && bounded([answer], limits, ([text]) => text as string)
  }
  if (message.length === 0) {
    return JSON.stringify(failure(null, new RpcError(rpcCodes.invalidRequest, 'an empty batch')))
  }
  if (message.length > limits.maxBatch) {
    const error = new RpcError(rpcCodes.limitExceeded, `a batch may hold ${limits.maxBatch} requests`)
    return JSON.stringify(failure(null, error))
  }
  const answers = await Promise.all(message.map((entry: unknown) => answerOne(entry, handler, gate)))
  const wanted = answers.filter((answer) => answer !== undefined)
  return wanted.length === 0 ? undefined : bounded(wanted, limits, (texts) => `[${texts.join(',')}]`)
}

async function answerOne(message: unknown, handler: RpcHandler, gate: Gate): Promise<Answer | undefined> {
  const request = (typeof message === 'object' && message !== null ? message : {}) as Readonly<Record<string, unknown>>
  const isNotification = !('id' in request)
  const id = typeof request.id === 'string' || typeof request.id === 'number' ? request.id : null
  try {
    const { jsonrpc, method, params = [] } = request
    if (jsonrpc !== '2.0' || typeof method !== 'string') {
      return failure(id, new RpcError(rpcCodes.invalidRequest, 'not a JSON-RPC 2.0 request'))
    }
    if (!Array.isArray(params)) throw new RpcError(rpcCodes.invalidParams, 'params must be an array')
    const run = (): Promise<unknown> => handler(method, params)
    const result = await (method.startsWith('eth_sendRawTransaction') ? run() : gate.run(run))
    return isNotification ? undefined : { jsonrpc: '2.0', id, result: result ?? null }
  } catch (error) {
    return isNotification ? undefined : failure(id, toRpcError(error))
  }
}

/** Replaces answers that would make the response larger than the limit. */
function bounded(
  answers: readonly Answer[],
  limits: MessageLimits,
  join: (texts: readonly string[]) => string,
): string {
  let bytes = 0
  const texts = answers.map((answer) => {
    const text = JSON.stringify(answer)
    bytes += Buffer.byteLength(text)
    if (bytes <= limits.maxResponseBytes) return text
    const error = new RpcError(
      rpcCodes.limitExceeded,
      `the response exceeds ${limits.maxResponseBytes} bytes; ask for less`,
    )
    return JSON.stringify(failure(answer.id, error))
  })
  return join(texts)
}

function failure(id: Id, { code, message, data }: RpcError): Answer {
  return { jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } }
}
