/** `GET /api/agents`: who is registered on the ledger or in the gateway's book of agents, what they sell, and what is known of them. */

import { agentRefOf } from '@koinon/agents/client'
import type { AgentContent, SignedAgentRecord, TrustScore } from '@koinon/agents/rules'
import { formatAgentId, hasWords, wholeInfluence } from '@koinon/agents/rules'
import type { Address, Clock } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import type { Check } from '@koinon/work'
import type { AgentCheckJson, AgentEndpointJson, AgentJson, AgentsJson, AgentTrustJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import { shownLine, shownText } from '../strangers-text.ts'
import type { AgentFiles, SeenAgent } from './agent-files.ts'
import type { AgentTrust } from './agent-trust.ts'

/** The part of the gateway's book of agents that is shown. */
export type BookOfAgents = {
  list(): {
    readonly held: readonly { readonly record: SignedAgentRecord; readonly content: AgentContent }[]
    readonly endedAtMs: ReadonlyMap<string, number>
  }
}

export type AgentViewSources = {
  readonly view: LedgerView
  readonly index: IndexClient
  readonly files: AgentFiles
  readonly book: BookOfAgents
  readonly trust: () => Promise<AgentTrust>
  readonly clock: Clock
}

/** What is asked for: all `words` in what an agent says of itself and its services, a protocol it speaks, a service at most that dear. */
export type AgentQuery = {
  readonly words?: string
  readonly protocol?: string
  readonly maximumPicoUsd?: bigint
  readonly sort?: 'trust' | 'new'
}

export type RegisteredAgent = { readonly agentId: string; readonly owner: Address; readonly uri: string }

const listedAgents = 100
/** Files that a look at the list waits for; others are read meanwhile and shown by the next look. */
const filePatienceMs = 1_500
const fetchedFiles = 200
const textBounds = { name: 120, description: 600, url: 300 } as const
const shownEndpoints = 16

/** Who is registered, best first, by what the ledger tells: the part that costs more the longer the history is. */
export type RankedAgents = {
  readonly asOfBlock: number
  readonly known: AgentTrust
  readonly best: readonly RegisteredAgent[]
}

/** Throws what the index and the ledger throw. */
export async function rankAgents(sources: Pick<AgentViewSources, 'index' | 'trust'>): Promise<RankedAgents> {
  const [{ asOfBlock, registered }, known] = await Promise.all([readRegistered(sources), sources.trust()])
  const best = [...registered].sort((a, b) => scoreOf(known, b) - scoreOf(known, a) || newerFirst(a, b))
  return { asOfBlock, known, best }
}

/** All agents, best first, with what their files and records say by now. Throws as {@link rankAgents}. */
export async function readDirectory(
  sources: AgentViewSources,
  ranked?: RankedAgents,
): Promise<Pick<AgentsJson, 'asOfBlock' | 'asOfMs' | 'trustFrom' | 'agents'>> {
  const { files, book, clock } = sources
  const { asOfBlock, known, best } = ranked ?? (await rankAgents(sources))
  await files.refresh(best.slice(0, fetchedFiles), filePatienceMs)
  const { held, endedAtMs } = book.list()
  const records = new Map(held.map((one) => [one.record.account as string, one]))
  const agents = best
    .map((one, place) => {
      const agent = registeredJson(sources, one, known, records, endedAtMs)
      const isBeingRead = place < fetchedFiles && agent.state !== 'online' && files.isUnread(one.agentId, one.uri)
      return isBeingRead ? { ...agent, isBeingRead } : agent
    })
    .sort(bestFirst)
  const shown = new Set(agents.flatMap(({ owner, wallet }) => [owner, wallet]))
  const unregistered = held.flatMap((one): AgentJson[] =>
    shown.has(one.record.account)
      ? []
      : [{ ...recordJson(one), key: one.record.account, account: one.record.account, takesX402: false }],
  )
  return { asOfBlock, asOfMs: clock.nowMs(), trustFrom: known.from, agents: [...agents, ...unregistered] }
}

/** Those that match, at most 100. */
export function chooseAgents(
  { agents, ...directory }: Awaited<ReturnType<typeof readDirectory>>,
  query: AgentQuery,
): AgentsJson {
  const matching = agents.filter((agent) => {
    const protocols = [...agent.endpoints.map(({ protocol }) => protocol), ...(agent.takesX402 ? ['x402'] : [])]
    const { protocol, maximumPicoUsd } = query
    return (
      hasWords({ ...agent, services: agent.offers }, query.words ?? '') &&
      (protocol === undefined || protocols.includes(protocol.toLowerCase())) &&
      (maximumPicoUsd === undefined || agent.offers.some(({ pricePicoUsd }) => BigInt(pricePicoUsd) <= maximumPicoUsd))
    )
  })
  const sorted = query.sort === 'new' ? matching.toSorted(byNumber) : matching
  return { ...directory, total: agents.length, matching: matching.length, agents: sorted.slice(0, listedAgents) }
}

/** Every agent of the registry, from the index. */
export async function readRegistered({ index }: Pick<AgentViewSources, 'index'>): Promise<{
  readonly asOfBlock: number
  readonly registered: readonly RegisteredAgent[]
}> {
  const [uris, owners] = await Promise.all([
    index.newest({ contract: 'identity', names: ['Registered', 'URIUpdated'], by: 'agentId' }),
    index.newest({ contract: 'identity', names: ['Transfer'], by: 'tokenId' }),
  ])
  const ownerOf = new Map(owners.result.map(({ key, args }) => [key, String(args['to']) as Address]))
  return {
    asOfBlock: uris.asOfBlock,
    registered: uris.result.flatMap(({ key, args }) => {
      const owner = ownerOf.get(key)
      return owner === undefined ? [] : [{ agentId: key, owner, uri: String(args['agentURI'] ?? args['newURI'] ?? '') }]
    }),
  }
}

/** One registered agent with its record in the book, if any. */
export function registeredJson(
  { view, files }: Pick<AgentViewSources, 'view' | 'files'>,
  { agentId, owner, uri }: RegisteredAgent,
  trust: AgentTrust,
  records: ReadonlyMap<string, ReturnType<BookOfAgents['list']>['held'][number]>,
  endedAtMs: ReadonlyMap<string, number>,
): AgentJson {
  const wallet = trust.wallets.get(agentId)
  const seen = files.seen(agentId)
  const record = records.get(wallet ?? '') ?? records.get(owner)
  const ended = endedAtMs.get(wallet ?? '') ?? endedAtMs.get(owner)
  const score = trust.scores.get(agentId)
  const said = record === undefined ? undefined : recordJson(record)
  const file = seen?.file
  return {
    key: agentId,
    id: formatAgentId(agentRefOf(view, BigInt(agentId))),
    account: wallet ?? owner,
    owner,
    ...(wallet === undefined ? {} : { wallet }),
    uri: shownLine(uri, textBounds.url),
    name: shownLine(file?.name ?? said?.name ?? `agent ${agentId}`, textBounds.name),
    description: shownText(file?.description ?? said?.description ?? '', textBounds.description),
    state: said !== undefined ? 'online' : ended !== undefined ? 'expired' : fileState(seen),
    ...(said?.untilMs === undefined ? (ended === undefined ? {} : { untilMs: ended }) : { untilMs: said.untilMs }),
    endpoints: mergedEndpoints(file?.services ?? [], said?.endpoints ?? []),
    offers: said?.offers ?? [],
    takesX402: file?.x402Support ?? false,
    ...(score === undefined ? {} : { trust: trustJson(score, trust.scores.size) }),
    ...(seen === undefined ? {} : { lastCheck: checkJson(seen.checks, seen.atMs) }),
  }
}

/** What a record in the book says. */
export function recordJson({
  record,
  content,
}: ReturnType<BookOfAgents['list']>['held'][number]): Pick<
  AgentJson,
  'name' | 'description' | 'state' | 'untilMs' | 'endpoints' | 'offers'
> {
  return {
    name: shownLine(content.name, textBounds.name),
    description: shownText(content.description, textBounds.description),
    state: 'online',
    untilMs: record.expiresAtMs,
    endpoints: content.endpoints.map(({ protocol, url }) => ({ protocol, url: shownLine(url, textBounds.url) })),
    offers: content.services.map(({ name, description, pricePicoUsd }) => ({
      name: shownLine(name, textBounds.name),
      description: shownText(description, textBounds.description),
      pricePicoUsd,
    })),
  }
}

export function checkJson(checks: readonly Check[], atMs: number): AgentCheckJson {
  const having = (state: Check['state']): number => checks.filter((check) => check.state === state).length
  return { atMs, passed: having('pass'), failed: having('fail'), notChecked: having('notChecked') }
}

function trustJson({ scoreMicro, rank, weight, counted, leftOut }: TrustScore, agents: number): AgentTrustJson {
  const weightPpm = Number((weight * 1_000_000n) / wholeInfluence)
  return { scoreMicro, rank, agents, weightPpm, counted: counted.length, leftOut: leftOut.length }
}

function fileState(seen: SeenAgent | undefined): 'unknown' | 'answers' | 'silent' {
  if (seen === undefined) return 'unknown'
  return seen.file === undefined ? 'silent' : 'answers'
}

function mergedEndpoints(
  services: readonly { readonly name: string; readonly endpoint: string }[],
  announced: readonly AgentEndpointJson[],
): readonly AgentEndpointJson[] {
  const own = services.map(({ name, endpoint }) => ({
    protocol: shownLine(name.toLowerCase(), 40),
    url: shownLine(endpoint, textBounds.url),
  }))
  const all = new Map([...announced, ...own].map((one) => [`${one.protocol} ${one.url}`, one]))
  return [...all.values()].slice(0, shownEndpoints)
}

const presence = ['online', 'answers', 'unknown', 'expired', 'silent']

/** By trust; of those that are trusted alike who is there, then the newest. */
function bestFirst(a: AgentJson, b: AgentJson): number {
  const byTrust = (b.trust?.scoreMicro ?? -1) - (a.trust?.scoreMicro ?? -1)
  return byTrust || presence.indexOf(a.state) - presence.indexOf(b.state) || byNumber(a, b)
}

function scoreOf({ scores }: AgentTrust, { agentId }: RegisteredAgent): number {
  return scores.get(agentId)?.scoreMicro ?? -1
}

function newerFirst(a: RegisteredAgent, b: RegisteredAgent): number {
  return compareNumbers(b.agentId, a.agentId)
}

/** Newest first, those without a number last. */
function byNumber(a: AgentJson, b: AgentJson): number {
  const [isA, isB] = [a.id === undefined, b.id === undefined]
  return isA === isB ? compareNumbers(b.key, a.key) : isA ? 1 : -1
}

/** Decimal numbers by value. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}
