/** The dashboard's side of the gateway port: the page, its API (specs/0008-http.md section 2), metrics and the network file. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IdentityDoor } from '@koinon/agents/provider'
import { type Address, bytesToHex, type Clock, type Hex, systemRandom } from '@koinon/base'
import { sendError, sendText } from '@koinon/base/node'
import type { KeyRegistry, ProviderTable } from '@koinon/inference/client'
import type { NetworkFile } from '@koinon/ledger'
import type { ChannelBook, ChannelState, ReceiptLedger } from '@koinon/payments/core'
import type { SettlementBook } from '@koinon/payments/provider'
import type { GatewayMetrics } from '../gateway/metrics.ts'
import type { PaymentLog } from '../gateway/payment-log.ts'
import { createStrangerLimits, pageLimits } from '../gateway/stranger-limits.ts'
import type { LastAudit } from '../home/last-audit.ts'
import type { GatewayRoleConfig } from '../roles/role-config.ts'
import type { RoleContext } from '../supervisor/role-process.ts'
import { agentViewRoutes } from './agents/agent-view-routes.ts'
import type { BookOfAgents } from './agents/agents-json.ts'
import { budgetRoutes } from './budgets/budget-routes.ts'
import { createEpochsView } from './epochs/epochs-json.ts'
import { createIndexClient } from './index-client.ts'
import type { BookOfBids } from './jobs/job-bids-json.ts'
import { requireLocalToken, requireOwnPage } from './local-guard.ts'
import { createDecentralizationView } from './network/decentralization-json.ts'
import { createNetworkView } from './network/network-json.ts'
import { networkRoutes } from './network/network-routes.ts'
import { createValidatorsView } from './network/validators-json.ts'
import { paymentRoutes } from './payments/payment-routes.ts'
import { receiptRoutes } from './receipts/receipt-routes.ts'
import { notFound, type Route } from './route.ts'
import { sparing } from './sparing.ts'
import { pageFolder, serveStatic } from './static-files.ts'
import { createMetagraphView } from './subnets/metagraph-json.ts'
import { createPoolsView } from './subnets/pools-json.ts'
import { stakeRoutes } from './subnets/stake-routes.ts'
import { createSubnetsView } from './subnets/subnets-json.ts'
import { ownerRoutes } from './wallet/owner-routes.ts'

export type DashboardOptions = {
  readonly config: Pick<GatewayRoleConfig, 'indexerUrl' | 'isLocal' | 'netuid' | 'command'>
  readonly network: NetworkFile
  readonly account: Address
  readonly ask: RoleContext['ask']
  readonly keys: KeyRegistry
  readonly book: ChannelBook
  readonly archive: ReceiptLedger['archive']
  /** What payers signed and this gateway sent. */
  readonly settlements: SettlementBook
  /** What came to the door of paid calls. */
  readonly paymentLog: PaymentLog
  readonly table: ProviderTable
  readonly metrics: Pick<GatewayMetrics, 'text' | 'contentType'>
  readonly clock: Clock
  readonly refreshChannel: (channelId: Hex) => Promise<ChannelState>
  /** Agents that told this gateway where they are. */
  readonly agentBook: BookOfAgents
  /** The gateway's book of quotes; none on a network without jobs. */
  readonly quoteBook?: BookOfBids | undefined
  /** Serves who this gateway is. */
  readonly identity?: IdentityDoor
  /** What the last audit that ran from this home came to, where this home may tell. */
  readonly lastAudit?: () => LastAudit | undefined
}

/** Serves what the gateway itself does not know; true when it did. */
export type Dashboard = { readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<boolean> }

const tokenBytes = 32

/**
 * What the owner's browser shows to be let in ends with this process: while a gateway is down, another program may take its port and
 * be shown it by a page that is still open.
 */
export function createDashboard(options: DashboardOptions): Dashboard {
  const { config, network, metrics } = options
  const localToken = config.isLocal ? bytesToHex(systemRandom(tokenBytes)) : ''
  // Goes ahead of whatever this gateway asks later; while the supervisor cannot hear it, it gives no links either.
  if (config.isLocal) options.ask('page.begin', { localToken }).catch(() => undefined)
  const routes = apiRoutes(options, localToken)
  const admitLook = createStrangerLimits(options.clock, pageLimits)
  const folder = pageFolder()
  return {
    async serve(request, response) {
      const path = (request.url ?? '').split('?')[0] as string
      if (path === '/metrics') sendText(response, 200, metrics.contentType, await metrics.text())
      else if (options.identity?.(request, response) === true) return true
      else if (path === '/network.json') sendJson(response, network)
      else if (path.startsWith('/api/')) await answer(request, response, path)
      else return serveStatic(folder, request, response)
      return true
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    try {
      const route = routes.find((candidate) => candidate.method === request.method && candidate.path.test(path))
      if (route === undefined) throw notFound(path)
      if (route.access !== 'open' && !config.isLocal) throw notFound(path)
      if (route.access === 'open') admitLook(request.socket.remoteAddress)
      if (route.access === 'local') requireOwnPage(request)
      if (route.access === 'owner') requireLocalToken(request, localToken)
      sendJson(response, await route.answer(request, path))
    } catch (error) {
      sendError(response, error, undefined, { 'cache-control': 'no-store' })
    }
  }
}

function apiRoutes(options: DashboardOptions, localToken: string): readonly Route[] {
  const { config, network, account, ask, clock, table, lastAudit } = options
  const index = createIndexClient(config.indexerUrl ?? '')
  const roles = () => (config.isLocal ? ask<never>('roles', {}) : Promise.resolve([] as never))
  const epochs = createEpochsView({ network, index })
  const pools = createPoolsView({ network })
  const viewMetagraph = createMetagraphView({ network, index, clock })
  const { netuid, isLocal } = config
  return [
    ...networkRoutes({
      network,
      account,
      netuid,
      hasFaucet: network.isTest && isLocal,
      ask,
      viewNetwork: createNetworkView({ network, account, netuid, index, table, roles, clock }),
      epochs,
      viewSubnets: sparing(createSubnetsView({ network, index }), clock),
      viewMetagraph,
      viewValidators: sparing(createValidatorsView({ network, index, viewMetagraph }), clock),
      viewDecentralization: sparing(createDecentralizationView({ network, index, lastAudit }), clock),
    }),
    ...receiptRoutes({ ...options, netuid, epochs, index }),
    ...paymentRoutes({ ...options, log: options.paymentLog, index }),
    ...agentViewRoutes({ network, netuid, index, book: options.agentBook, quotes: options.quoteBook, clock, ask }),
    ...budgetRoutes({ network, index, clock, ask }),
    ...ownerRoutes({ ...options, localToken, index }),
    ...stakeRoutes({ pools: { ...pools, list: sparing(pools.list, clock) }, ask }),
  ]
}

function sendJson(response: ServerResponse, json: unknown): void {
  const text = JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? value.toString() : value))
  sendText(response, 200, 'application/json; charset=utf-8', text, { 'cache-control': 'no-store' })
}
