import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackPeer, parseJsonObject, readBody, sendError, sendJson } from '@koinon/base/node'
import { type AgentContent, readAgentRecord, recordLifetimeMs, type SignedAgentRecord } from '../../rules/almanac.ts'
import { hasWords } from '../../rules/has-words.ts'

export type AgentBookOptions = {
  readonly chainId: number
  readonly clock: Clock
  /** 4,096 unless given. */
  readonly maximumRecords?: number
  /** Of one address that is not this machine; 32 unless given. */
  readonly recordsPerNetwork?: number
  /** Of accounts whose record is gone, when the last one was issued; 8,192 unless given. */
  readonly maximumRemembered?: number
}

type Listed = { readonly record: SignedAgentRecord; readonly content: AgentContent }
type Held = Listed & { readonly network: string | undefined }
type Gone = { readonly issuedAtMs: number; readonly network: string | undefined }

const bodyBytes = 16_384
const mostListed = 100
const mostEnded = 1_024

/**
 * The book of agents of one gateway: the newest record of each account until it expires, in memory. Accounts cost nothing, so room is
 * counted by the network a record came from: when the book is full, whoever holds most of it loses the record that expires first.
 */
export class AgentBook {
  readonly #options: AgentBookOptions
  readonly #held = new Map<string, Held>()
  /** When records ran out that nothing newer followed; the oldest go first. */
  readonly #ended = new Map<string, number>()
  /** Of accounts without a record here, as long as an older record of theirs could hold. */
  readonly #gone = new Map<string, Gone>()

  constructor(options: AgentBookOptions) {
    this.#options = options
  }

  /** Takes a record in. Throws as `readAgentRecord`, `almanac/outdated` and `almanac/full`. */
  add(json: unknown, network: string | undefined): SignedAgentRecord {
    const { chainId, clock, maximumRecords = 4_096, recordsPerNetwork = 32 } = this.#options
    const { record, content } = readAgentRecord(json, { chainId, nowMs: clock.nowMs() })
    this.#forget()
    const before = this.#held.get(record.account)
    const last = before?.record ?? this.#gone.get(record.account)
    if (last !== undefined && last.issuedAtMs >= record.issuedAtMs)
      throw refusal('almanac/outdated', 'A record of this account that is as new is or was here', 409)
    if (before === undefined) {
      if (network !== undefined && this.#of(network).length >= recordsPerNetwork)
        throw refusal('almanac/full', 'This address has put enough agents into the book', 429)
      if (this.#held.size >= maximumRecords) this.#makeRoom()
    }
    this.#held.set(record.account, { record, content, network })
    this.#ended.delete(record.account)
    this.#gone.delete(record.account)
    return record
  }

  /** Records that hold, whose name, description or services have all the words; at most 100. */
  find(words: string): readonly Listed[] {
    this.#forget()
    const found: Held[] = []
    for (const held of this.#held.values()) {
      if (hasWords(held.content, words)) found.push(held)
      if (found.length === mostListed) break
    }
    return found.map(({ record, content }) => ({ record, content }))
  }

  /** All records that hold, and when those of other accounts ran out, as far as this process knows. */
  list(): { readonly held: readonly Listed[]; readonly endedAtMs: ReadonlyMap<string, number> } {
    this.#forget()
    return {
      held: [...this.#held.values()].map(({ record, content }) => ({ record, content })),
      endedAtMs: this.#ended,
    }
  }

  /** `POST /v1/agents` and `GET /v1/agents?words=`; false for any other request. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [path, query] = (request.url ?? '').split('?')
    if (path !== '/v1/agents' || (request.method !== 'POST' && request.method !== 'GET')) return false
    try {
      if (request.method === 'GET') {
        const agents = this.find(new URLSearchParams(query).get('words') ?? '')
        sendJson(response, 200, { agents: agents.map(({ record, content }) => ({ ...content, record })) })
      } else {
        const json = parseJsonObject(await readBody(request, bodyBytes))
        const network = isLoopbackPeer(request) ? undefined : ipNetworkOf(request.socket.remoteAddress ?? '')
        const { account, expiresAtMs } = this.add(json, network)
        sendJson(response, 200, { account, expiresAtMs })
      }
    } catch (error) {
      sendError(response, error)
    }
    return true
  }

  #forget(): void {
    const nowMs = this.#options.clock.nowMs()
    for (const held of this.#held.values()) {
      const { account, expiresAtMs } = held.record
      if (expiresAtMs > nowMs) continue
      this.#drop(held)
      this.#ended.set(account, expiresAtMs)
    }
    for (const [account, { issuedAtMs }] of this.#gone)
      if (issuedAtMs + recordLifetimeMs <= nowMs) this.#gone.delete(account)
    this.#boundGone()
    for (const account of [...this.#ended.keys()].slice(0, Math.max(0, this.#ended.size - mostEnded)))
      this.#ended.delete(account)
  }

  #drop({ record, network }: Held): void {
    this.#held.delete(record.account)
    this.#gone.set(record.account, { issuedAtMs: record.issuedAtMs, network })
  }

  /** What went first of the addresses that have most of it is forgotten first: nobody drives out what others left. */
  #boundGone(): void {
    const excess = this.#gone.size - (this.#options.maximumRemembered ?? 8_192)
    if (excess <= 0) return
    const counts = new Map<string | undefined, number>()
    const newestFirst = [...this.#gone].reverse().map(([account, { network }]) => {
      const place = counts.get(network) ?? 0
      counts.set(network, place + 1)
      return { account, place }
    })
    for (const { account } of newestFirst.sort((a, b) => b.place - a.place).slice(0, excess)) this.#gone.delete(account)
  }

  #of(network: string | undefined): readonly Held[] {
    return [...this.#held.values()].filter((held) => held.network === network)
  }

  #makeRoom(): void {
    const counts = new Map<string | undefined, number>()
    for (const { network } of this.#held.values()) counts.set(network, (counts.get(network) ?? 0) + 1)
    const [greediest] = [...counts].sort((a, b) => b[1] - a[1])[0] as [string | undefined, number]
    const first = [...this.#of(greediest)].sort((a, b) => a.record.expiresAtMs - b.record.expiresAtMs)[0]
    if (first !== undefined) this.#drop(first)
  }
}

function refusal(code: string, message: string, status: number): KoinonError {
  return new KoinonError({ code, message, retry: status === 429 ? 'later' : 'never', details: { status } })
}
