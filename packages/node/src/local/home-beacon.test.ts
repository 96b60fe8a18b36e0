import { createServer } from 'node:net'
import { systemClock } from '@koinon/base'
import { localBeaconLabel, type NetworkFile } from '@koinon/ledger'
import { openNetworkBeacon, quicknetBeacon, roundChainHash, roundChainOf } from '@koinon/subnets'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { startBeaconRole } from '../roles/beacon-role.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { beaconKeyName, homeBeacon } from './home-beacon.ts'

const host = '127.0.0.1'
let home: Home
let remove: () => void
beforeEach(() => {
  ;({ home, remove } = temporaryHome())
})
afterEach(() => remove())
const choose = (known?: NetworkFile['beacon'], choice?: Parameters<typeof homeBeacon>[3]) =>
  homeBeacon(home, host, known === undefined ? undefined : ({ beacon: known } as NetworkFile), choice)

describe('homeBeacon', () => {
  it('is a labelled stand-in that keeps its key and its port', async () => {
    const first = await choose()
    expect(first).toMatchObject({ kind: 'local', label: localBeaconLabel, periodSeconds: 1 })
    expect(await choose(first)).toEqual(first)
    const port = Number(new URL(first.endpoints[0] as string).port)
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(port, host, resolve))
    const moved = await choose(first)
    await new Promise((resolve) => holder.close(resolve))
    expect(moved).toEqual({ ...first, endpoints: [expect.not.stringContaining(`:${port}`)] })
  })

  it('is the public one where the owner said so, until the owner says otherwise', async () => {
    const chosen = await choose(undefined, { kind: 'quicknet', endpoints: ['https://a.example'] })
    expect(chosen).toEqual({ ...quicknetBeacon(), endpoints: ['https://a.example'] })
    expect(await choose(chosen)).toEqual(chosen)
    expect(await choose(chosen, { kind: 'local' })).toMatchObject({ kind: 'local' })
  })
})

describe('the beacon role', () => {
  it('signs for the network file that it was written into, by the time of the ledger, and 404s the rest', async () => {
    const ledger = await startLocalLedger(home)
    const beacon = await choose()
    const network = { chainId: 7, contracts: { epochs: `0x${'e1'.repeat(20)}` }, beacon } as unknown as NetworkFile
    const { genesisSeconds, periodSeconds, endpoints } = beacon
    const role = await startBeaconRole(
      {
        kind: 'beacon',
        name: 'beacon',
        homePath: home.path,
        host,
        keyName: beaconKeyName,
        port: Number(new URL(endpoints[0] as string).port),
        rpcUrl: ledger.rpcUrl,
        chainId: network.chainId,
        epochsContract: network.contracts.epochs,
        genesisSeconds,
        periodSeconds,
      },
      { progress: () => undefined, notice: () => undefined, ask: () => Promise.reject(new Error('it asks nothing')) },
    )
    try {
      const nowSeconds = async () => Math.floor(systemClock.nowMs() / 1_000)
      const source = openNetworkBeacon(network, { ledger: { nowSeconds }, clock: systemClock })
      // The ledger's clock may be a little behind ours.
      const past = (await nowSeconds()) - genesisSeconds - 60
      expect((await source?.round(past))?.round).toBe(past)
      const chainHash = roundChainHash(roundChainOf(network) as never).slice(2)
      const status = async (path: string) => (await fetch(`${endpoints[0]}${path}`)).status
      expect(await status(`/${chainHash}/public/${past + 1_000}`)).toBe(425)
      expect(await status('/')).toBe(404)
      await ledger.stop()
      // A round that is out stays out; what is not is not signed without the ledger.
      expect(await status(`/${chainHash}/public/${past}`)).toBe(200)
      expect(await status(`/${chainHash}/public/${past - 1}`)).toBe(425)
    } finally {
      await role.stop()
      await ledger.stop()
    }
  })
})
