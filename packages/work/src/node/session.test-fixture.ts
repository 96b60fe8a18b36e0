/** Two nodes in one process: what one sends goes straight to the other's gate. */
import { type Clock, isKoinonError, type Random } from '@koinon/base'
import { chainId, nowMs, type Party, party } from '../receipt.test-fixture.ts'
import type { NodeTransport } from './node-call.ts'
import { type Authorization, PeerSession } from './peer-session.ts'
import { RequestGate, type RequestSource, refusalStatus } from './request-gate.ts'

export const endpoint = 'http://127.0.0.1:9000'
export const miner = party(2)
export const gateway = party(1)
export const request = { method: 'POST', path: '/v1/chat/completions' } as const
export const body = new TextEncoder().encode('{}')

/** A clock that a test sets. */
export class TestClock implements Clock {
  atMs = nowMs
  nowMs(): number {
    return this.atMs
  }
}

let drawn = 0
export const countingRandom: Random = (count) => {
  drawn += 1
  return new Uint8Array(count).fill(drawn & 255).fill(drawn >> 8, 0, 1)
}

export function newGate(clock: Clock, owner: Party = miner, mayOpen: () => boolean = () => true): RequestGate {
  return new RequestGate({
    chainId,
    recipient: owner.delegation.signer,
    clock,
    sessions: { credentials: () => owner, random: countingRandom, mayOpen },
  })
}

/** Carries handshakes to whatever gate `gate` gives at that moment. */
export function transportTo(
  gate: () => RequestGate,
  change: (json: unknown) => unknown = (json) => json,
): NodeTransport {
  return async ({ method, path, headers, body: text }) => {
    const answer = (status: number, json: unknown) => ({ status, body: asBytes(JSON.stringify(json)) })
    try {
      const json = gate().agree({ method, url: path, headers }, new TextEncoder().encode(text))
      return answer(200, change(JSON.parse(JSON.stringify(json))))
    } catch (error) {
      const code = isKoinonError(error) ? error.code : 'internal'
      return answer(refusalStatus(error) ?? 500, { error: { code, message: (error as Error).message } })
    }
  }
}

export function newPeer(options: {
  readonly clock: Clock
  readonly transport: NodeTransport
  readonly sender?: Party
  readonly recipient?: Party
}): PeerSession {
  const { clock, transport, sender = gateway, recipient = miner } = options
  return new PeerSession({
    caller: { session: () => sender, clock, random: countingRandom },
    recipient: recipient.delegation.signer,
    endpoint,
    transport,
  })
}

/** The request as the recipient's server sees it. */
export function arriving(
  { name, value }: Pick<Authorization, 'name' | 'value'>,
  change: Partial<RequestSource> = {},
): RequestSource {
  return { method: request.method, url: request.path, headers: { [name]: value }, ...change }
}

async function* asBytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
