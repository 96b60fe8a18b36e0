/** Deploying subnet files on the real contracts, with the real role processes of this home. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@koinon/base'
import { readNeurons } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { createSubnetLedger } from '@koinon/subnets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import { type FoundedSubnet, FoundedSubnets } from './founded-subnets.ts'
import { localValidatorStake } from './parameters.ts'
import { subnetFileSpec } from './subnet-files.ts'
import { inferenceSpecHash } from './subnet-spec.ts'
import { readBalances, type Treasury } from './treasury.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-founded-'))
const source = (name: string, factor = 2, version = 1): string => `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

export const subnet = defineSubnet({
  name: '${name}',
  version: ${version},
  task: z.object({ number: z.int() }),
  response: z.object({ product: z.int() }),
  sample: (random) => ({ number: random.below(1_000) }),
  serve: ({ number }) => ({ product: ${factor} * number }),
  score: ({ number }, { product }) => (product === ${factor} * number ? 1_000_000 : 0),
})
`
const saved = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

let home: Home
let remove: () => void
let ledger: { readonly rpcUrl: string; stop(): Promise<void> }
let treasury: Treasury
let supervisor: Supervisor
let first: FoundedSubnet
beforeAll(async () => {
  ;({ home, remove } = temporaryHome())
  ledger = await startLocalLedger(home)
  treasury = await ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())
  supervisor = newSupervisor()
  first = await founded().deploy(saved('times.ts', source('Times Two!')))
}, 180_000)
afterAll(async () => {
  await supervisor.stop()
  await ledger.stop()
  remove()
  rmSync(folder, { recursive: true, force: true })
})

function newSupervisor(): Supervisor {
  return new Supervisor({
    home,
    clock: systemClock,
    onProgress: () => undefined,
    onAsk: () => Promise.reject(new Error('nothing is asked here')),
  })
}
const founded = () => new FoundedSubnets({ home, host: '127.0.0.1', treasury, supervisor })
const subnetCount = () =>
  treasury.reader.readContract({
    address: treasury.network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'subnetCount',
  })
const koinOf = async (names: readonly string[]) =>
  Promise.all(
    names.map(async (name) => {
      const { address } = existingAccountKey(home, name)
      return (await readBalances(treasury.reader, treasury.network, address)).koin
    }),
  )

describe('a deployed subnet file', () => {
  it('is founded once and runs with three miners and two staked validators in one process', async () => {
    expect(first).toMatchObject({ netuid: 2, name: 'Times Two!' })
    expect(first.members).toEqual([
      ...[1, 2, 3].map((place) => `own-times-two-miner-${place}`),
      ...[1, 2].map((place) => `own-times-two-validator-${place}`),
    ])
    const [role] = supervisor.status()
    expect(role).toMatchObject({ name: 'subnet-own-times-two', state: 'ready', info: { facts: { netuid: 2 } } })
    expect(role?.info?.members?.map(({ name }) => name)).toEqual(first.members)
    const neurons = await readNeurons(treasury.reader, treasury.network, 2)
    for (const { name, account, url, kind } of role?.info?.members ?? []) {
      expect(account).toBe(existingAccountKey(home, name).address)
      expect(neurons.find(({ hotkey }) => hotkey === account)?.endpoint).toBe(url)
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      if (kind === 'validator') expect((await koinOf([name]))[0]).toBeLessThan(localValidatorStake)
    }
  })

  it('changes nothing when it is deployed again, also by two at once', async () => {
    const before = await koinOf(first.members)
    const same = founded()
    const path = saved('same.ts', source('Times Two!'))
    expect(await Promise.all([same.deploy(path), same.deploy(path)])).toEqual([first, first])
    expect(await subnetCount()).toBe(2)
    expect(supervisor.status()).toHaveLength(1)
    expect(await koinOf(first.members)).toEqual(before)
  })

  it('is not replaced by another file of its name', async () => {
    const other = saved('other.ts', source('Times Two!', 3))
    await expect(founded().deploy(other)).rejects.toMatchObject({
      code: 'node/subnet-version',
      hint: expect.stringContaining('Raise "version" in the file to 2 or more'),
    })
    await expect(founded().deploy(saved('slug.ts', source('times two')))).rejects.toMatchObject({
      code: 'node/subnet-exists',
    })
    expect(readFileSync(join(home.subnets, 'own-times-two.ts'), 'utf8')).toBe(source('Times Two!'))
    expect(await subnetCount()).toBe(2)
  })

  it('is not founded when the file is none', async () => {
    await expect(founded().deploy(saved('bad.ts', 'export const x = 1'))).rejects.toMatchObject({
      code: 'subnets/bad-definition',
    })
    await expect(founded().deploy(join(folder, 'none.ts'))).rejects.toMatchObject({ code: 'subnets/no-file' })
    expect(await subnetCount()).toBe(2)
  })

  it('is judged only with the file that the ledger names, and answered only with a serve', async () => {
    await supervisor.stop()
    supervisor = newSupervisor()
    const start = (kind: 'miner' | 'validator', file: string) => {
      const members = [{ name: `own-times-two-${kind}-1`, kind, port: 0 }]
      const common = { homePath: home.path, host: '127.0.0.1', netuid: 2, isLocal: true }
      return supervisor.startRole({ ...common, kind: 'subnet', name: `alone-${kind}`, file, members })
    }
    const silent = saved('silent.ts', source('Times Two!').replace(/serve.*\n/, ''))
    await expect(start('miner', silent)).rejects.toMatchObject({ code: 'subnets/no-serve' })
    const other = saved('other.ts', source('Times Two!', 3))
    await expect(start('validator', other)).rejects.toMatchObject({ code: 'subnets/other-file' })
  }, 120_000)

  it('starts again with the network, on the same seats, and gets no second start money', async () => {
    const before = await koinOf(first.members)
    const seats = await readNeurons(treasury.reader, treasury.network, 2)
    await supervisor.stop()
    supervisor = newSupervisor()
    expect(await founded().start([])).toEqual([first])
    expect(await subnetCount()).toBe(2)
    expect(await koinOf(first.members)).toEqual(before)
    expect(await readNeurons(treasury.reader, treasury.network, 2)).toEqual(seats)
  }, 120_000)
})

describe('a later version of a deployed file', () => {
  it('needs a serve', async () => {
    const silent = saved('silent-2.ts', source('Times Two!', 3, 2).replace(/serve.*\n/, ''))
    await expect(founded().deploy(silent)).rejects.toMatchObject({ code: 'subnets/no-serve' })
    expect(readdirSync(home.subnets)).toEqual(['own-times-two.ts'])
  }, 180_000)

  // That epochs go over to it is seen end to end, in real time.
  it('is announced once, and holds two epochs later', async () => {
    const text = source('Times Two!', 3, 2)
    const path = saved('later.ts', text)
    const before = await subnetFileSpec(join(home.subnets, 'own-times-two.ts'))
    const { update, ...rest } = await founded().deploy(path)
    expect(rest).toEqual(first)
    expect(update).toMatchObject({ version: 2 })
    expect((await founded().deploy(path)).update).toEqual(update)
    await expect(founded().deploy(saved('old.ts', source('Times Two!')))).rejects.toMatchObject({
      code: 'node/subnet-version',
    })
    const { fromEpoch = 0 } = update ?? {}
    const subnets = createSubnetLedger(treasury.reader, treasury.network)
    const hashes = await Promise.all([fromEpoch - 1, fromEpoch].map((epoch) => subnets.specHash(first.netuid, epoch)))
    expect(hashes).toEqual([before.specHash, (await subnetFileSpec(path)).specHash])
    expect(readFileSync(join(home.subnets, 'own-times-two', 'version-2.ts'), 'utf8')).toBe(text)
  }, 180_000)
})
