/** The local stand-in for a public randomness beacon: signs a round of its home's network when the ledger's time has come, never before. */
import { KoinonError } from '@koinon/base'
import { defaultHttpLimits, HttpListener } from '@koinon/base/node'
import { createLocalTimekeeper, createTimekeeperHandler } from '@koinon/subnets/timekeeper'
import { pino } from 'pino'
import { homeAt } from '../home/home.ts'
import { existingAccountKey } from '../home/secrets.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import type { BeaconRoleConfig } from './role-config.ts'

const stopGraceMs = 500
const ledgerTimeoutMs = 5_000

export async function startBeaconRole(config: BeaconRoleConfig, _context: RoleContext): Promise<RunningRole> {
  const log = pino({ base: { role: config.name }, timestamp: pino.stdTimeFunctions.epochTime })
  let asking: Promise<number> | undefined
  const { chainId, epochsContract, genesisSeconds, periodSeconds } = config
  const source = createLocalTimekeeper({
    seed: existingAccountKey(homeAt(config.homePath), config.keyName).secretKey,
    ...{ chainId, epochsContract, genesisSeconds, periodSeconds },
    // Strangers may ask as often as they like: the ledger is asked once at a time.
    nowSeconds: () => {
      asking ??= ledgerSeconds(config.rpcUrl).finally(() => {
        asking = undefined
      })
      return asking
    },
  })
  const answer = createTimekeeperHandler(source)
  const listener = new HttpListener({
    host: config.host,
    port: config.port,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if (!(await answer(request, response))) response.writeHead(404).end()
    },
  })
  const url = `http://${config.host}:${await listener.start()}`
  log.info({ url }, 'signs rounds when they are due: whoever runs this network could sign them early')
  return { info: { url }, stop: () => listener.stop(stopGraceMs) }
}

/** Time of the pending block. Asked without a client library: this process does nothing else, and should stay small. */
async function ledgerSeconds(rpcUrl: string): Promise<number> {
  try {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['pending', false] })
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(ledgerTimeoutMs),
    })
    const { result } = (await response.json()) as { result?: { timestamp?: string } }
    const seconds = Number(result?.timestamp)
    if (Number.isSafeInteger(seconds) && seconds > 0) return seconds
    throw new Error('it did not say what time it is')
  } catch (cause) {
    throw new KoinonError({
      code: 'node/no-ledger-time',
      message: `The beacon cannot tell the ledger's time: ${(cause as Error).message}`,
      retry: 'later',
      cause,
    })
  }
}
