/** A later version of a deployed file, on the real contracts with the real role processes; that epochs go over to it is seen end to end. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, systemClock } from '@koinon/base'
import { createSubnetLedger, type SubnetLedger } from '@koinon/subnets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import { type FoundedSubnet, FoundedSubnets } from './founded-subnets.ts'
import { subnetFileSpec } from './subnet-files.ts'
import { inferenceSpecHash } from './subnet-spec.ts'
import type { Treasury } from './treasury.ts'

const epochSeconds = 30
const folder = mkdtempSync(join(tmpdir(), 'koinon-update-'))
const source = (version: number, factor: number): string => `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

export const subnet = defineSubnet({
  name: 'times',
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
let chain: { readonly rpcUrl: string; stop(): Promise<void> }
let treasury: Treasury
let supervisor: Supervisor
let founded: FoundedSubnets
let first: FoundedSubnet
let ledger: SubnetLedger
beforeAll(async () => {
  ;({ home, remove } = temporaryHome())
  chain = await startLocalLedger(home)
  treasury = await ensureLocalNetwork(home, chain.rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())
  supervisor = new Supervisor({
    home,
    clock: systemClock,
    onProgress: () => undefined,
    onAsk: () => Promise.reject(new Error('nothing is asked here')),
  })
  const options = { home, host: '127.0.0.1', treasury, supervisor, epochSeconds }
  founded = new FoundedSubnets(options)
  ledger = createSubnetLedger(treasury.reader, treasury.network)
  first = await founded.deploy(saved('times.ts', source(1, 2)))
}, 180_000)
afterAll(async () => {
  await supervisor.stop()
  await chain.stop()
  remove()
  rmSync(folder, { recursive: true, force: true })
})

describe('a later version of a deployed file', () => {
  it('needs a higher version, and a serve', async () => {
    expect(first.update).toBeUndefined()
    const changed = saved('changed.ts', source(1, 3))
    await expect(founded.deploy(changed)).rejects.toMatchObject({ code: 'node/subnet-version' })
    const silent = saved('silent.ts', source(2, 3).replace(/serve.*\n/, ''))
    await expect(founded.deploy(silent)).rejects.toMatchObject({ code: 'subnets/no-serve' })
    expect(readdirSync(home.subnets)).toEqual(['own-times.ts'])
  }, 180_000)

  it('is announced once, and holds two epochs later', async () => {
    const path = saved('later.ts', source(2, 3))
    const before = await subnetFileSpec(join(home.subnets, 'own-times.ts'))
    const { update, ...rest } = await founded.deploy(path)
    expect(rest).toEqual({ netuid: first.netuid, name: 'times', members: first.members })
    expect(update).toMatchObject({ version: 2 })
    expect((await founded.deploy(path)).update).toEqual(update)
    await expect(founded.deploy(saved('old.ts', source(1, 2)))).rejects.toMatchObject({ code: 'node/subnet-version' })
    const { fromEpoch = 0 } = update ?? {}
    const hashes: readonly Hex[] = await Promise.all(
      [fromEpoch - 1, fromEpoch].map((epoch) => ledger.specHash(first.netuid, epoch)),
    )
    expect(hashes).toEqual([before.specHash, (await subnetFileSpec(path)).specHash])
    expect(readFileSync(join(home.subnets, 'own-times', 'version-2.ts'), 'utf8')).toBe(source(2, 3))
  }, 180_000)
})
