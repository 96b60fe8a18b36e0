import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { createLedgerReader, readSubnet } from '@koinon/ledger'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { type AccountKey, accountKey, openHome } from '@koinon/node/home'
import { subnetFileSpec } from '@koinon/node/local'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const unit = 10n ** 18n
const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-create-'))
const file = join(folder, 'doubles.ts')
const given = `0x${'5c'.repeat(32)}`
let place: PoolLedger
let wallet: AccountKey
beforeAll(async () => {
  writeFileSync(
    file,
    `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const subnet = defineSubnet({
  name: 'doubles',
  version: 1,
  task: z.object({ number: z.int() }),
  response: z.object({ double: z.int() }),
  sample: (random) => ({ number: random.below(1_000) }),
  score: ({ number }, { double }) => (double === 2 * number ? 1_000_000 : 0),
})
`,
  )
  place = await startPoolLedger()
  const home = openHome(join(folder, 'home'))
  const { network, owner } = place.ledger
  writeFileSync(home.networkFile, JSON.stringify(network))
  wallet = accountKey(home, 'wallet', systemRandom)
  await owner.sender.send({ to: wallet.address, value: 10n ** 19n }, 'funding')
  const token = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer' } as const
  await owner.sender.call({ ...token, args: [wallet.address, 10_000n * unit] })
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

const create = (...args: readonly string[]) => runKoinon(join(folder, 'home'), 'subnet', 'create', ...args)
const found = (netuid: number) => {
  const { network } = place.ledger
  return readSubnet({ network, reader: createLedgerReader(network) }, netuid)
}
const netuidOf = (stdout: string) => (JSON.parse(stdout) as { data: { netuid: number } }).data.netuid

describe('koinon subnet create', () => {
  it('takes name and hash from the file, and says what comes next', async () => {
    const { specHash } = await subnetFileSpec(file)
    const tried = await create(file, '--dry-run')
    expect(tried.stdout).toMatch(new RegExp(`subnet +doubles\ndefinition +${specHash}`))
    expect(tried.stdout).toMatch(/immune for 1200 s; 600 s to match/)
    expect((await create('--json', file)).code).toBe(4)
    const { stdout } = await create(file, '--yes')
    const netuid = Number(/subnet +(\d+), doubles/.exec(stdout)?.[1])
    expect(stdout).toMatch(new RegExp(`koinon validator start .*--file ${file} --netuid ${netuid}`))
    expect(stdout).toMatch(new RegExp(`koinon miner start .*--file ${file} --netuid ${netuid}`))
    expect(await found(netuid)).toMatchObject({
      name: 'doubles',
      specHash,
      owner: wallet.address,
      rules: { burnHalfLifeSeconds: 1_200, immunitySeconds: 1_200, noticeSeconds: 600, maxRegistrationsPerEpoch: 256 },
    })
  })

  it('takes rules of seats, which otherwise last as many epochs as on a local network', async () => {
    const long = await create(
      '--json',
      file,
      '--epoch-seconds',
      '3000',
      '--immunity',
      '0',
      '--min-burn',
      '0.5',
      '--yes',
    )
    expect(await found(netuidOf(long.stdout))).toMatchObject({
      rules: { minBurn: unit / 2n, burnHalfLifeSeconds: 30_000, immunitySeconds: 0, noticeSeconds: 15_000 },
      seatPrice: unit / 2n,
    })
    const short = await create('--json', '--name', 'short', '--spec-hash', given, '--epoch-seconds', '24', '--yes')
    expect(await found(netuidOf(short.stdout))).toMatchObject({
      name: 'short',
      specHash: given,
      rules: { burnHalfLifeSeconds: 600, immunitySeconds: 600, noticeSeconds: 300 },
    })
  })

  it.each([
    [[], 'usage/subnet-file'],
    [['--name', 'x'], 'usage/subnet-file'],
    [['--spec-hash', given], 'usage/subnet-file'],
    [[file, '--spec-hash', given], 'usage/subnet-file'],
    [['--name', 'x', '--spec-hash', '0x12'], 'usage/bad-hash'],
    [[join(folder, 'none.ts')], 'subnets/no-file'],
    [['--name', 'x', '--spec-hash', given, '--first-burn', '0.01'], 'usage/seat-rules'],
    [['--name', 'x', '--spec-hash', given, '--min-burn', '5', '--max-burn', '4'], 'usage/seat-rules'],
    [['--name', 'x', '--spec-hash', given, '--notice', '30'], 'usage/bad-number'],
    [['--name', 'x', '--spec-hash', given, '--max-lock', '1'], 'ledger/lock-too-dear'],
  ])('refuses %j', async (args, code) => {
    const { stdout } = await create('--json', ...args, '--yes')
    expect((JSON.parse(stdout) as { error: { code: string; hint?: string } }).error).toMatchObject({
      code,
      hint: expect.any(String),
    })
  })
})
