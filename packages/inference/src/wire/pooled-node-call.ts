/** Signed calls to a node over a pool of connections. */
import { callNode, type NodeCall, type NodeCaller, type NodeTransport } from '@koinon/work/node'
import type { Dispatcher } from 'undici'

/** Carries requests over undici. */
export function overPool(dispatcher: Dispatcher): NodeTransport {
  return async ({ method, path, headers, body, signal }) => {
    const answer = await dispatcher.request({ method, path, headers, body: body ?? null, signal })
    return { status: answer.statusCode, body: answer.body }
  }
}

/** One signed JSON call with a deadline. Throws `node/*`; see `callNode` of the work package. */
export function callPooledNode(
  caller: NodeCaller,
  { dispatcher, ...call }: Omit<NodeCall, 'transport'> & { readonly dispatcher: Dispatcher },
): Promise<unknown> {
  return callNode(caller, { ...call, transport: overPool(dispatcher) })
}
