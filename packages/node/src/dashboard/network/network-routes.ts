/** What everybody may read of a network, and the faucet of a test network. */
import { type Address, toAddress } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { NetworkJson } from '@koinon/work/dashboard'
import { type EpochsView, epochPath } from '../epochs/epochs-json.ts'
import { refuseForeignPage } from '../local-guard.ts'
import { notFound, queryNumber, type Route, readJson } from '../route.ts'
import type { MetagraphView } from '../subnets/metagraph-json.ts'
import type { SubnetsView } from '../subnets/subnets-json.ts'
import type { DecentralizationView } from './decentralization-json.ts'
import type { ValidatorsView } from './validators-json.ts'

export type NetworkRouteSources = {
  readonly network: NetworkFile
  readonly account: Address
  readonly netuid: number
  /** Whether this home may give test money away. */
  readonly hasFaucet: boolean
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
  readonly viewNetwork: () => Promise<NetworkJson>
  readonly epochs: EpochsView
  readonly viewSubnets: SubnetsView
  readonly viewMetagraph: MetagraphView
  readonly viewValidators: ValidatorsView
  readonly viewDecentralization: DecentralizationView
}

/** `/api/gateway`, `/api/network`, `/api/epochs...`, `/api/subnets/...`, `/api/validators`, `/api/decentralization`, `/api/faucet`. */
export function networkRoutes(sources: NetworkRouteSources): readonly Route[] {
  const { network, account, netuid, hasFaucet, ask, viewNetwork, epochs } = sources
  return [
    {
      method: 'GET',
      path: /^\/api\/gateway$/,
      access: 'open',
      answer: async () => ({ account, chainId: network.chainId, netuid }),
    },
    { method: 'GET', path: /^\/api\/network$/, access: 'open', answer: viewNetwork },
    {
      method: 'GET',
      path: /^\/api\/epochs$/,
      access: 'open',
      answer: async (request) => epochs.list(queryNumber(request, 'netuid', netuid), queryNumber(request, 'limit', 20)),
    },
    {
      method: 'GET',
      path: /^\/api\/epochs\/\d+\/\d+$/,
      access: 'open',
      answer: async (_request, path) => {
        const named = epochPath(path)
        return epochs.detail(named.netuid, named.epoch)
      },
    },
    { method: 'GET', path: /^\/api\/subnets$/, access: 'open', answer: () => sources.viewSubnets() },
    {
      method: 'GET',
      path: /^\/api\/subnets\/\d{1,6}\/metagraph$/,
      access: 'open',
      answer: async (_request, path) => sources.viewMetagraph(Number(path.split('/')[3])),
    },
    { method: 'GET', path: /^\/api\/validators$/, access: 'open', answer: () => sources.viewValidators() },
    {
      method: 'GET',
      path: /^\/api\/decentralization$/,
      access: 'open',
      answer: () => sources.viewDecentralization(),
    },
    {
      method: 'POST',
      path: /^\/api\/faucet$/,
      access: 'open',
      answer: async (request) => {
        if (!hasFaucet) throw notFound('/api/faucet')
        refuseForeignPage(request)
        const { address } = await readJson(request)
        return ask('faucet', { address: toAddress(String(address)) })
      },
    },
  ]
}
