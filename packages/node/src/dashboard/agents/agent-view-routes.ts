/** Agents and jobs for everybody, steps of jobs for the owner. */

import type { IncomingMessage } from 'node:http'
import { type Clock, KoinonError } from '@koinon/base'
import { isForeignPage, isLoopbackHost, isLoopbackPeer } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import type { IndexClient } from '../index-client.ts'
import { type BookOfBids, jobBids } from '../jobs/job-bids-json.ts'
import { jobDetail } from '../jobs/job-detail-json.ts'
import { jobTree } from '../jobs/job-tree-json.ts'
import { createJobViews } from '../jobs/jobs-json.ts'
import { refuseForeignPage } from '../local-guard.ts'
import { query, queryNumber, type Route, readJson } from '../route.ts'
import { sparing } from '../sparing.ts'
import { sparingBy } from '../sparing-by.ts'
import { agentDetail } from './agent-detail-json.ts'
import { AgentFiles } from './agent-files.ts'
import { readAgentTrust } from './agent-trust.ts'
import { type AgentQuery, type BookOfAgents, chooseAgents, rankAgents, readDirectory } from './agents-json.ts'
import { createListingDesk } from './listing-desk.ts'

export type AgentRouteSources = {
  readonly network: NetworkFile
  readonly netuid: number
  readonly index: IndexClient
  readonly book: BookOfAgents
  /** None on a network without jobs. */
  readonly quotes: BookOfBids | undefined
  readonly clock: Clock
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
}

/** Trust is read from the whole history of the ledger. */
const trustRest = { leastMs: 15_000, mostMs: 600_000 }
/** Less than the page waits between looks at agents whose files are being read. */
const directoryRest = { leastMs: 1_000, mostMs: 1_000 }
const keptDetails = 64
const keptLists = 16
const defaultJobs = 50
const noBids: BookOfBids = { quotesFor: () => [], auction: () => ({ bids: [], sealed: [], revealed: [] }) }

/** `/api/agents...` and `/api/jobs...`. */
export function agentViewRoutes(sources: AgentRouteSources): readonly Route[] {
  const { network, netuid, index, book, clock, ask, quotes = noBids } = sources
  const view = { network, reader: createLedgerReader(network) }
  const trust = sparing(() => readAgentTrust(view, netuid), clock, trustRest)
  const jobs = createJobViews({ view, index, clock })
  const agents = { view, index, files: new AgentFiles(view, clock), book, trust, clock, jobs }
  const ranked = sparing(() => rankAgents(agents), clock)
  const directory = sparing(async () => readDirectory(agents, await ranked()), clock, directoryRest)
  const oneAgent = sparingBy((key) => agentDetail(agents, key), clock, keptDetails)
  const oneJob = sparingBy((jobId) => jobDetail(agents, BigInt(jobId)), clock, keptDetails)
  const oneTree = sparingBy((jobId) => jobTree(agents, BigInt(jobId)), clock, keptDetails)
  const oneBids = sparingBy((jobId) => jobBids(agents, quotes, BigInt(jobId)), clock, keptDetails)
  const listed = sparingBy(
    (named) => {
      const [limit, before] = named.split(' ') as [string, string]
      return jobs.list(Number(limit), before === '' ? undefined : BigInt(before))
    },
    clock,
    keptLists,
  )
  const checkListing = createListingDesk(view, clock)
  return [
    {
      method: 'GET',
      path: /^\/api\/agents$/,
      access: 'open',
      answer: async (request) => chooseAgents(await directory(), agentQuery(request)),
    },
    {
      method: 'GET',
      path: /^\/api\/agents\/(\d{1,20}|0x[0-9a-f]{40})$/,
      access: 'open',
      answer: (_request, path) => oneAgent(path.split('/')[3] as string),
    },
    {
      method: 'POST',
      path: /^\/api\/agents\/check$/,
      access: 'open',
      answer: async (request) => {
        refuseForeignPage(request)
        const { target } = await readJson(request)
        return checkListing(target, { address: request.socket.remoteAddress, isOwnPage: isOwnPage(request) })
      },
    },
    {
      method: 'GET',
      path: /^\/api\/jobs$/,
      access: 'open',
      answer: (request) => {
        const limit = queryNumber(request, 'limit', defaultJobs)
        const before = query(request).get('before') ?? ''
        return listed(`${limit} ${/^[1-9]\d{0,17}$/.test(before) ? before : ''}`)
      },
    },
    {
      method: 'GET',
      path: /^\/api\/jobs\/[1-9]\d{0,17}$/,
      access: 'open',
      answer: (_request, path) => oneJob(path.split('/')[3] as string),
    },
    {
      method: 'GET',
      path: /^\/api\/jobs\/[1-9]\d{0,17}\/(tree|bids)$/,
      access: 'open',
      answer: (_request, path) => {
        const [, , , jobId, part] = path.split('/') as [string, string, string, string, string]
        return part === 'tree' ? oneTree(jobId) : oneBids(jobId)
      },
    },
    {
      method: 'POST',
      path: /^\/api\/jobs\/[1-9]\d{0,17}\/(accept|reject|refund|dispute)$/,
      access: 'owner',
      answer: (_request, path) => {
        const [, , , jobId, step] = path.split('/')
        return ask('jobs.act', { jobId, step })
      },
    },
  ]
}

function agentQuery(request: IncomingMessage): AgentQuery {
  const asked = query(request)
  const [words, protocol, maximum] = ['words', 'protocol', 'maximumPicoUsd'].map((name) => asked.get(name) ?? '')
  if (maximum !== '' && !/^\d{1,30}$/.test(maximum ?? '')) {
    throw new KoinonError({
      code: 'api/bad-query',
      message: 'maximumPicoUsd is a whole number of pico-dollars',
      hint: 'One cent is 10000000000.',
      details: { status: 400 },
    })
  }
  return {
    words: (words ?? '').slice(0, 200),
    ...(protocol === '' || protocol === undefined ? {} : { protocol: protocol.slice(0, 40) }),
    ...(maximum === '' || maximum === undefined ? {} : { maximumPicoUsd: BigInt(maximum) }),
    sort: asked.get('sort') === 'new' ? 'new' : 'trust',
  }
}

/** This machine's own page, as far as a request can tell: no proxy, no other site, a name of the loopback. */
function isOwnPage(request: IncomingMessage): boolean {
  return isLoopbackPeer(request) && isLoopbackHost(request.headers.host ?? '') && !isForeignPage(request)
}
