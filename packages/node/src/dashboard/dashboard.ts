/** The dashboard's side of the gateway port: the page, its API (specs/0008-http.md section 2), metrics, the network file and the faucet. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Address,
  bytesToHex,
  type Clock,
  errorToJson,
  type Hex,
  isKoinonError,
  KoinonError,
  systemRandom,
  toAddress,
} from '@koinon/base'
import type { KeyRegistry, ProviderTable } from '@koinon/inference/client'
import type { NetworkFile } from '@koinon/ledger'
import type { ChannelBook, ChannelState, ReceiptLedger } from '@koinon/payments'
import type { GatewayMetrics } from '../gateway/metrics.ts'
import type { StoredApiKey } from '../home/api-keys.ts'
import type { GatewayRoleConfig } from '../roles/role-config.ts'
import type { RoleContext } from '../supervisor/role-process.ts'
import { createEpochsView, epochPath } from './epochs-json.ts'
import { createIndexClient } from './index-client.ts'
import { refuseForeignPage, requireLocalToken, requireLoopback } from './local-guard.ts'
import { createNetworkView } from './network-json.ts'
import { listReceipts } from './receipts-json.ts'
import { pageFolder, serveStatic } from './static-files.ts'
import { walletJson } from './wallet-json.ts'

export type DashboardOptions = {
  readonly config: GatewayRoleConfig
  readonly network: NetworkFile
  readonly account: Address
  readonly ask: RoleContext['ask']
  readonly keys: KeyRegistry
  readonly book: ChannelBook
  readonly archive: ReceiptLedger['archive']
  readonly table: ProviderTable
  readonly metrics: GatewayMetrics
  readonly clock: Clock
  readonly refreshChannel: (channelId: Hex) => Promise<ChannelState>
}

/** Serves what the gateway itself does not know; true when it did. */
export type Dashboard = { readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<boolean> }

const maximumBodyBytes = 16 * 1024
const defaultListed = 50

type Route = {
  readonly method: string
  readonly path: RegExp
  readonly access: 'open' | 'local' | 'owner'
  readonly answer: (request: IncomingMessage, path: string) => Promise<unknown>
}

export function createDashboard(options: DashboardOptions): Dashboard {
  const { config, ask, keys, archive, metrics } = options
  const localToken = bytesToHex(systemRandom(32))
  const routes = apiRoutes(options, localToken)
  const folder = pageFolder()
  return {
    async serve(request, response) {
      const path = (request.url ?? '').split('?')[0] as string
      if (path === '/metrics') {
        response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text())
        return true
      }
      if (path === '/.well-known/agent-registration.json') {
        sendJson(response, 200, registrationFile(options.network))
        return true
      }
      if (path === '/network.json') {
        sendJson(response, 200, options.network)
        return true
      }
      if (!path.startsWith('/api/')) return serveStatic(folder, request, response)
      try {
        const route = routes.find((candidate) => candidate.method === request.method && candidate.path.test(path))
        if (route === undefined) throw notFound(path)
        if (route.access !== 'open' && !config.isLocal) throw notFound(path)
        if (route.access === 'local') requireLoopback(request)
        if (route.access === 'owner') requireLocalToken(request, localToken)
        sendJson(response, 200, await route.answer(request, path))
      } catch (error) {
        sendError(response, error)
      }
      return true
    },
  }

  function apiRoutes(
    { network, account, clock, book, table, refreshChannel }: DashboardOptions,
    token: string,
  ): readonly Route[] {
    const index = createIndexClient(config.indexerUrl ?? '')
    const roles = () => (config.isLocal ? ask<never>('roles', {}) : Promise.resolve([] as never))
    const viewNetwork = createNetworkView({ network, account, netuid: config.netuid, index, table, roles, clock })
    const epochs = createEpochsView({ network, index })
    return [
      {
        method: 'GET',
        path: /^\/api\/gateway$/,
        access: 'open',
        answer: async () => ({ account, chainId: network.chainId, netuid: config.netuid }),
      },
      { method: 'GET', path: /^\/api\/network$/, access: 'open', answer: viewNetwork },
      {
        method: 'GET',
        path: /^\/api\/epochs$/,
        access: 'open',
        answer: async (request) =>
          epochs.list(queryNumber(request, 'netuid', config.netuid), queryNumber(request, 'limit', 20)),
      },
      {
        method: 'GET',
        path: /^\/api\/epochs\/\d+\/\d+$/,
        access: 'open',
        answer: async (_request, path) => {
          const { netuid, epoch } = epochPath(path)
          return epochs.detail(netuid, epoch)
        },
      },
      {
        method: 'POST',
        path: /^\/api\/faucet$/,
        access: 'open',
        answer: async (request) => {
          if (!network.isTest || !config.isLocal) throw notFound('/api/faucet')
          refuseForeignPage(request)
          const { address } = await readJson(request)
          return ask('faucet', { address: toAddress(String(address)) })
        },
      },
      {
        method: 'GET',
        path: /^\/api\/session$/,
        access: 'local',
        answer: async () => {
          const session = await ask<{
            readonly apiKeys: readonly StoredApiKey[]
            readonly account: string
            readonly home: string
          }>('session', {})
          const apiKey =
            session.apiKeys.find((key) => key.label === 'demo' && key.revokedAtMs === undefined)?.apiKey ?? ''
          return { apiKey, localToken: token, account: session.account, chainId: network.chainId, home: session.home }
        },
      },
      {
        method: 'GET',
        path: /^\/api\/receipts$/,
        access: 'open',
        answer: async (request) => {
          const { key } = keys.authenticate(request.headers.authorization)
          const before = query(request).get('before')
          const audits = await epochs.audits(config.netuid).catch(() => new Map())
          const receipts = await listReceipts(
            archive,
            {
              payer: key.payer,
              limit: queryNumber(request, 'limit', defaultListed),
              ...(before !== null && /^0x[0-9a-f]{32}$/.test(before) ? { before: before as Hex } : {}),
            },
            audits,
          )
          return { asOfBlock: (await index.position()).asOfBlock, receipts }
        },
      },
      {
        method: 'GET',
        path: /^\/api\/receipts\/(0x)?[0-9a-f]{32}\/verdict$/,
        access: 'local',
        answer: async (request, path) => {
          keys.authenticate(request.headers.authorization)
          const id = path.split('/')[3] as string
          return ask('receipt.verdict', {
            id,
            level: query(request).get('level') ?? 'L0',
            authorization: request.headers.authorization,
          })
        },
      },
      {
        method: 'GET',
        path: /^\/api\/wallet$/,
        access: 'owner',
        answer: () => walletJson({ ask, keys, book, archive, index, clock }),
      },
      { method: 'POST', path: /^\/api\/wallet\/faucet$/, access: 'owner', answer: () => ask('wallet.faucet', {}) },
      {
        method: 'POST',
        path: /^\/api\/wallet\/send$/,
        access: 'owner',
        answer: async (request) => ask('wallet.send', await readJson(request)),
      },
      {
        method: 'POST',
        path: /^\/api\/wallet\/keys$/,
        access: 'owner',
        answer: async (request) => {
          const key = await ask<StoredApiKey>('keys.create', await readJson(request))
          return { apiKey: key.apiKey, keyHash: key.keyHash }
        },
      },
      {
        method: 'DELETE',
        path: /^\/api\/wallet\/keys\/0x[0-9a-f]{64}$/,
        access: 'owner',
        answer: async (_request, path) => {
          await ask('keys.revoke', { keyHash: path.split('/')[4] })
          return {}
        },
      },
      {
        method: 'POST',
        path: /^\/api\/wallet\/keys\/0x[0-9a-f]{64}\/top-up$/,
        access: 'owner',
        answer: async (request, path) => {
          const { amountAtomic } = await readJson(request)
          const keyHash = path.split('/')[4] as Hex
          await ask('keys.topUp', { keyHash, amountAtomic })
          const channelId = keys.get(keyHash)?.channelId
          if (channelId !== undefined) await refreshChannel(channelId)
          return {}
        },
      },
    ]
  }
}

/** ERC-8004 registration file of the gateway. It holds no identity on the ledger, so it claims none. */
function registrationFile(network: NetworkFile): Record<string, unknown> {
  const url = network.gatewayUrl ?? ''
  return {
    type: 'https://eips.ethereum.org/EIPS/eip-8004#registration-v1',
    name: `Koinon gateway of ${network.name}`,
    description: 'Inference by independent miners with signed receipts, through an OpenAI-compatible API.',
    services: [
      { name: 'web', endpoint: `${url}/` },
      { name: 'OpenAI', endpoint: `${url}/v1` },
      { name: 'A2A', endpoint: `${url}/.well-known/agent-card.json` },
    ],
    x402Support: false,
    active: true,
    registrations: [],
    supportedTrust: ['crypto-economic'],
  }
}

function query(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
}

function queryNumber(request: IncomingMessage, name: string, fallback: number): number {
  const text = query(request).get(name)
  return text !== null && /^[0-9]{1,6}$/.test(text) ? Number(text) : fallback
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > maximumBodyBytes)
      throw new KoinonError({ code: 'api/body-too-large', message: 'The body is too large', details: { status: 413 } })
    parts.push(part)
  }
  try {
    const json: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  } catch {
    // Falls through to the refusal below.
  }
  throw new KoinonError({ code: 'api/not-json', message: 'The body is not a JSON object', details: { status: 400 } })
}

function notFound(path: string): KoinonError {
  return new KoinonError({
    code: 'api/not-found',
    message: `There is nothing at ${path.slice(0, 100)}`,
    details: { status: 404 },
  })
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  const body = JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? value.toString() : value))
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(body)
}

function sendError(response: ServerResponse, error: unknown): void {
  const stated = isKoinonError(error) ? error.details?.['status'] : undefined
  const isOurs = isKoinonError(error)
  const status = typeof stated === 'number' ? stated : isOurs ? (error.retry === 'later' ? 503 : 400) : 500
  sendJson(response, status, {
    error: isOurs
      ? errorToJson(error)
      : { code: 'internal', message: 'The gateway failed while it served this request', retry: 'unknown' },
  })
}
