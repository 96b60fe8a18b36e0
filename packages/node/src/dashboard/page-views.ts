/** What the page shows of subnets, agents and jobs, for programs that are not the page: the gateway's answer, or the same worked out from the ledger. */
import { isKoinonError, systemClock } from '@koinon/base'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import type {
  AgentDetailJson,
  AgentsJson,
  JobDetailJson,
  JobsJson,
  MetagraphJson,
  SubnetsJson,
  ValidatorsJson,
} from '@koinon/work/dashboard'
import { requestJson } from '../wallet/request-json.ts'
import { agentDetail } from './agents/agent-detail-json.ts'
import { AgentFiles } from './agents/agent-files.ts'
import { readAgentTrust } from './agents/agent-trust.ts'
import { type AgentQuery, chooseAgents, readDirectory } from './agents/agents-json.ts'
import type { IndexClient } from './index-client.ts'
import { jobDetail } from './jobs/job-detail-json.ts'
import { createJobViews } from './jobs/jobs-json.ts'
import { createLogIndexClient } from './log-index-client.ts'
import { createValidatorsView } from './network/validators-json.ts'
import { createMetagraphView } from './subnets/metagraph-json.ts'
import { createSubnetsView } from './subnets/subnets-json.ts'

/** `source` says whom the figures are from: a gateway that may be believed or not, or the ledger by its JSON-RPC server. */
export type Viewed<answer> = answer & { readonly source: 'gateway' | 'ledger' }

/** `GET /api/subnets`. */
export function viewSubnets(network: NetworkFile): Promise<Viewed<SubnetsJson>> {
  return viewed(network, '/api/subnets', (index) => createSubnetsView({ network, index })())
}

/** `GET /api/subnets/{netuid}/metagraph`. Throws `ledger/no-subnet`. */
export function viewMetagraph(network: NetworkFile, netuid: number): Promise<Viewed<MetagraphJson>> {
  return viewed(network, `/api/subnets/${netuid}/metagraph`, (index) =>
    createMetagraphView({ network, index, clock: systemClock })(netuid),
  )
}

/** `GET /api/validators`; of one subnet, or of all that live. */
export async function viewValidators(
  network: NetworkFile,
  netuid: number | undefined,
): Promise<Viewed<ValidatorsJson>> {
  const found = await viewed(network, '/api/validators', (index) =>
    createValidatorsView({
      network,
      index,
      viewMetagraph: createMetagraphView({ network, index, clock: systemClock }),
      ...(netuid === undefined ? {} : { netuid }),
    })(),
  )
  return { ...found, subnets: found.subnets.filter((one) => netuid === undefined || one.netuid === netuid) }
}

/** `GET /api/agents`; only what the ledger and the agents' own files say where no gateway can be asked, because its book is its own. */
export function viewAgents(network: NetworkFile, asked: AgentQuery): Promise<Viewed<AgentsJson>> {
  return viewed(network, `/api/agents${queryText(asked)}`, async (index) =>
    chooseAgents(await readDirectory(agentSources(network, index)), asked),
  )
}

/** `GET /api/agents/{key}`; from the ledger alone, without asking the agent anything, where no gateway can be asked. Throws `agents/no-agent`. */
export function viewAgent(network: NetworkFile, key: string): Promise<Viewed<AgentDetailJson>> {
  return viewed(network, `/api/agents/${key}`, (index) => agentDetail(agentSources(network, index), key, false))
}

/** `GET /api/jobs`. Throws `agents/no-jobs`. */
export function viewJobs(network: NetworkFile, limit: number): Promise<Viewed<JobsJson>> {
  return viewed(network, `/api/jobs?limit=${limit}`, (index) => agentSources(network, index).jobs.list(limit))
}

/** `GET /api/jobs/{id}`. Throws `agents/no-job`. */
export function viewJob(network: NetworkFile, jobId: bigint): Promise<Viewed<JobDetailJson>> {
  return viewed(network, `/api/jobs/${jobId}`, (index) => jobDetail(agentSources(network, index), jobId))
}

/** Whose validators trust begins with, where a gateway does not say. */
const trustNetuid = 1

function agentSources(network: NetworkFile, index: IndexClient) {
  const view = { network, reader: createLedgerReader(network) }
  const sources = { view, index, clock: systemClock }
  const book = { list: () => ({ held: [], endedAtMs: new Map() }) }
  const trust = () => readAgentTrust(view, trustNetuid)
  return { ...sources, files: new AgentFiles(view, systemClock), book, trust, jobs: createJobViews(sources) }
}

function queryText(asked: AgentQuery): string {
  const pairs = Object.entries(asked).flatMap(([name, value]) => (value === '' ? [] : [[name, `${value}`]]))
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

async function viewed<answer extends object>(
  network: NetworkFile,
  path: string,
  fromLedger: (index: IndexClient) => Promise<answer>,
): Promise<Viewed<answer>> {
  const told =
    network.gatewayUrl === undefined ? undefined : await toldByGateway<answer>(`${network.gatewayUrl}${path}`)
  if (told !== undefined) return { ...told, source: 'gateway' }
  return { ...(await fromLedger(await createLogIndexClient(network))), source: 'ledger' }
}

/** Nothing of one that does not answer, or does not know the question. */
async function toldByGateway<answer>(url: string): Promise<answer | undefined> {
  try {
    return await requestJson<answer>(url, { method: 'GET' })
  } catch (error) {
    if (isKoinonError(error) && ['gateway/unreachable', 'gateway/refused', 'api/not-found'].includes(error.code))
      return undefined
    throw error
  }
}
