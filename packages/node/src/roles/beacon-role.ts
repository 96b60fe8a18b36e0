/** The local stand-in for a public randomness beacon: signs a round of its home's network when the ledger's time has come, never before. */
import { defaultHttpLimits, HttpListener, sendError } from '@koinon/base/node'
import { createLedgerReader } from '@koinon/ledger'
import { beaconTrust, createBeaconHandler, createLocalBeacon, createSubnetLedger } from '@koinon/subnets'
import { homeAt } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { beaconKeyName, requireOwnBeacon } from '../local/home-beacon.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import type { BeaconRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'

const stopGraceMs = 500

export async function startBeaconRole(config: BeaconRoleConfig, _context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const home = homeAt(config.homePath)
  const network = networkOf(home)
  const seed = existingAccountKey(home, beaconKeyName).secretKey
  const { genesisSeconds, periodSeconds } = requireOwnBeacon(network, seed)
  const ledger = createSubnetLedger(createLedgerReader(network), network)
  let asking: Promise<number> | undefined
  const source = createLocalBeacon({
    seed,
    chainId: network.chainId,
    epochsContract: network.contracts.epochs,
    genesisSeconds,
    periodSeconds,
    // Strangers may ask as often as they like: the ledger is asked once at a time.
    nowSeconds: () => {
      asking ??= ledger.nowSeconds().finally(() => {
        asking = undefined
      })
      return asking
    },
  })
  const answer = createBeaconHandler(source)
  const listener = new HttpListener({
    host: config.host,
    port: config.port,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      try {
        if (!(await answer(request, response))) response.writeHead(404).end()
      } catch (error) {
        sendError(response, error)
      }
    },
  })
  const url = `http://${config.host}:${await listener.start()}`
  log.info({ url, trust: beaconTrust(network) }, 'rounds are signed when they are due')
  return { info: { url, facts: { trust: beaconTrust(network) } }, stop: () => listener.stop(stopGraceMs) }
}
