/** A local beacon behind HTTP with which a test can let things go wrong. */
import { createServer } from 'node:http'
import type { NetworkFile } from '@koinon/ledger'
import { localNetworkBeacon } from '../client/index.ts'
import { createBeaconHandler, createLocalBeacon } from '../provider/index.ts'
import { roundToJson } from '../rules/timelock/index.ts'
import type { TestLedger } from './test-ledger.ts'

/** `lies`: signs another round than it says. `away`: breaks off every connection. */
export type BeaconMood = 'honest' | 'lies' | 'away'

export type TestBeacon = {
  /** The ledger's network, with this beacon. */
  readonly network: NetworkFile
  mood: BeaconMood
  close(): Promise<void>
}

const seed = new Uint8Array(32).fill(7)

export async function startTestBeacon({ network, nowSeconds }: TestLedger): Promise<TestBeacon> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const entry = localNetworkBeacon(seed, `http://127.0.0.1:${(server.address() as { port: number }).port}`)
  const { chainId, contracts } = network
  const { genesisSeconds, periodSeconds } = entry
  const times = { genesisSeconds, periodSeconds, nowSeconds }
  const source = createLocalBeacon({ seed, chainId, epochsContract: contracts.epochs, ...times })
  const honest = createBeaconHandler(source)
  const beacon: TestBeacon = {
    network: { ...network, beacon: entry },
    mood: 'honest',
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
  server.on('request', async (request, response) => {
    if (beacon.mood === 'away') return request.destroy()
    const round = Number(/\d+$/.exec(request.url ?? '')?.[0])
    if (beacon.mood === 'honest') return void (await honest(request, response))
    const other = await source.round(round - 1)
    response.end(JSON.stringify({ ...roundToJson(other), round }))
  })
  return beacon
}
