/** A member of a subnet file looks after its seat, in the real role process. */
import { join } from 'node:path'
import { systemClock, systemRandom } from '@koinon/base'
import { createSubnet, findOwnChallenge, findSeat, joinSubnet, quoteLock, withMargin } from '@koinon/ledger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accountKey } from '../home/secrets.ts'
import { openMembership } from '../joined/joined-node.ts'
import { localSubnet } from '../local/parameters.ts'
import { subnetFileSpec } from '../local/subnet-files.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'
import { fundAccount, type Treasury } from '../local/treasury.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import type { SeatConfig } from './role-config.ts'

const koin = 10n ** 18n
const file = join(import.meta.dirname, '../../../../subnets/probing.ts')
const { home, remove } = temporaryHome()
let ledger: Awaited<ReturnType<typeof startLocalLedger>>
let treasury: Treasury
let netuid: number
let supervisor: Supervisor | undefined
beforeAll(async () => {
  ledger = await startLocalLedger(home)
  treasury = await ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())
  const { specHash } = await subnetFileSpec(file)
  const rules = { ...localSubnet.rules, immunitySeconds: 0 }
  netuid = await createSubnet(
    treasury,
    { ...localSubnet, rules, specHash, maxNeurons: 1 },
    withMargin(await quoteLock(treasury)),
  )
}, 60_000)
afterAll(async () => {
  await supervisor?.stop()
  await ledger?.stop()
  remove()
})

async function account(name: string) {
  const key = accountKey(home, name, systemRandom)
  await fundAccount(treasury, key.address, { nativeWei: koin, koin: 20n * koin, dollar: 0n })
  return openMembership(treasury.network, key)
}

async function startMiner(seat: SeatConfig): Promise<void> {
  await supervisor?.stop()
  const refuse = () => Promise.reject(new Error('nothing is asked here'))
  supervisor = new Supervisor({ home, clock: systemClock, onProgress: () => undefined, onAsk: refuse })
  const members = [{ name: 'own-miner', kind: 'miner', port: 0 }] as const
  const common = { name: 'own-miner', homePath: home.path, host: '127.0.0.1', isLocal: true }
  await supervisor.startRole({ ...common, kind: 'subnet', netuid, file, members, seat })
}

async function within(what: () => Promise<boolean> | boolean): Promise<void> {
  await expect.poll(what, { timeout: 60_000, interval: 500 }).toBe(true)
}

it('pays no more than allowed, is told in the status that a newcomer claims its seat, and keeps it within its limit', async () => {
  const [miner, newcomer] = [await account('own-miner'), await account('newcomer')]
  await expect(startMiner({ maxBurn: 1n })).rejects.toMatchObject({ code: 'ledger/seat-too-dear' })
  await startMiner({})
  await expect(joinSubnet(newcomer, netuid, 'http://127.0.0.1:2')).rejects.toMatchObject({
    code: 'ledger/seat-challenged',
  })
  const notice = () => supervisor?.status()[0]?.notice ?? ''
  await within(() => /^own-miner a newcomer claims seat 0 .*allow it with --match-up-to/.test(notice()))
  await startMiner({ matchUpTo: 5n * koin })
  await within(async () => (await findOwnChallenge(miner, netuid)) === undefined)
  expect(await findSeat(miner, netuid)).toMatchObject({ uid: 0 })
  await within(() => notice() === '')
}, 240_000)
