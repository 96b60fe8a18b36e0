/** A local timekeeper behind HTTP with which a test can let things go wrong. */
import { createServer } from 'node:http'
import type { NetworkFile } from '@koinon/ledger'
import { localNetworkBeacon } from '../client/index.ts'
import { createLocalTimekeeper, createTimekeeperHandler } from '../provider/index.ts'
import { roundToJson } from '../rules/timelock/index.ts'
import type { TestLedger } from './test-ledger.ts'

/** `lies`: signs another round than it says. `away`: breaks off every connection. */
export type TimekeeperMood = 'honest' | 'lies' | 'away'

export type TestTimekeeper = {
  /** The ledger's network, with this timekeeper. */
  readonly network: NetworkFile
  mood: TimekeeperMood
  close(): Promise<void>
}

const seed = new Uint8Array(32).fill(7)

export async function startTestTimekeeper({ network, nowSeconds }: TestLedger): Promise<TestTimekeeper> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const entry = localNetworkBeacon(seed, `http://127.0.0.1:${(server.address() as { port: number }).port}`)
  const { chainId, contracts } = network
  const { genesisSeconds, periodSeconds } = entry
  const times = { genesisSeconds, periodSeconds, nowSeconds }
  const source = createLocalTimekeeper({ seed, chainId, epochsContract: contracts.epochs, ...times })
  const honest = createTimekeeperHandler(source)
  const timekeeper: TestTimekeeper = {
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
    if (timekeeper.mood === 'away') return request.destroy()
    const round = Number(/\d+$/.exec(request.url ?? '')?.[0])
    if (timekeeper.mood === 'honest') return void (await honest(request, response))
    const other = await source.round(round - 1)
    response.end(JSON.stringify({ ...roundToJson(other), round }))
  })
  return timekeeper
}
