/** What the page shows of subnets, for programs that are not the page: the gateway's answer, or the same worked out from the ledger. */
import { isKoinonError, systemClock } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { MetagraphJson, SubnetsJson, ValidatorsJson } from '@koinon/work/dashboard'
import { requestJson } from '../wallet/request-json.ts'
import type { IndexClient } from './index-client.ts'
import { createLogIndexClient } from './log-index-client.ts'
import { createMetagraphView } from './metagraph-json.ts'
import { createSubnetsView } from './subnets-json.ts'
import { createValidatorsView } from './validators-json.ts'

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

async function viewed<answer extends object>(
  network: NetworkFile,
  path: string,
  fromLedger: (index: IndexClient) => Promise<answer>,
): Promise<Viewed<answer>> {
  const told = network.gatewayUrl === undefined ? undefined : await askGateway<answer>(`${network.gatewayUrl}${path}`)
  if (told !== undefined) return { ...told, source: 'gateway' }
  return { ...(await fromLedger(await createLogIndexClient(network))), source: 'ledger' }
}

/** Nothing of one that does not answer, or does not know the question. */
async function askGateway<answer>(url: string): Promise<answer | undefined> {
  try {
    return await requestJson<answer>(url, { method: 'GET' })
  } catch (error) {
    if (isKoinonError(error) && ['gateway/unreachable', 'gateway/refused', 'api/not-found'].includes(error.code))
      return undefined
    throw error
  }
}
