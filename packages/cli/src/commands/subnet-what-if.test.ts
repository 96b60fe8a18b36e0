import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poolEmissionAbi, subnetTermsAbi } from '@koinon/ledger/abis'
import { openHome } from '@koinon/node/home'
import { startPaidSubnet, startTestLedger, type TestLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-what-if-'))
let ledger: TestLedger
let subnet: Awaited<ReturnType<typeof startPaidSubnet>>
beforeAll(async () => {
  ledger = await startTestLedger()
  const home = openHome(join(folder, 'home'))
  writeFileSync(home.networkFile, JSON.stringify(ledger.network))
  subnet = await startPaidSubnet(ledger)
  await subnet.passEpoch(1, [1_000_000, 0])
  await subnet.passEpoch(2, [1_000_000, 1_000_000])
}, 120_000)
afterAll(async () => {
  await subnet?.close()
  await ledger?.close()
  rmSync(folder, { recursive: true, force: true })
})

const koinon = (...args: readonly string[]) => runKoinon(join(folder, 'home'), 'subnet', ...args)

describe('koinon subnet what-if', () => {
  it('shows who would have earned what, beside what they did, and what it cannot know', async () => {
    const { code, stdout, stderr } = await koinon('what-if', '1', '--set', 'miners=60', 'aggregator=winnerTakeAll')
    expect(code).toBe(0)
    // Each file is a process to start, and none is needed for epochs that were.
    expect(stderr).not.toContain('looking for definitions')
    expect(stderr).toContain('computing the epochs of subnet 1 again')
    expect(stdout).toMatch(/epochs +1 to 2, 2 with a result/)
    expect(stdout).toMatch(/tried +aggregator winnerTakeAll; owner 18 %, miners 60 %, validators 22 %/)
    expect(stdout).toMatch(/account +mined +would +dividends +would +change/)
    expect(stdout).toMatch(/0x\w{40} .*-100 %/)
    expect(stdout).toMatch(/owner .* same/)
    expect(stdout).toContain('people would have acted otherwise')
  })

  it('is plain in JSON, and looks at the epochs it is told to', async () => {
    const { stdout } = await koinon('--json', 'what-if', '1', '--set', 'owner=0', '--epochs', '1')
    const { data } = JSON.parse(stdout) as { data: Record<string, unknown> }
    expect(data).toMatchObject({ netuid: 1, epochs: [2], isUnchanged: false, owner: { wouldAtomic: '0' }, seats: [] })
  })

  it('says that nothing was announced, and what to try', async () => {
    const { stdout } = await koinon('what-if', '1')
    expect(stdout).toContain('announced no change')
    expect(stdout).toMatch(/subnet what-if .*--set miners=50/)
  })

  it('tries what was announced, which koinon subnet show tells with its second', async () => {
    const { contracts } = ledger.network
    const { sender } = ledger.owner
    const announce = { address: contracts.emission, abi: poolEmissionAbi, functionName: 'announceParts' } as const
    await sender.call({ ...announce, args: [1, 0n, 5_000n] })
    const update = { address: contracts.terms, abi: subnetTermsAbi, functionName: 'announceUpdate' } as const
    await sender.call({ ...update, args: [1, '', `0x${'5c'.repeat(32)}`] })
    const shown = (await koinon('show', '1')).stdout
    expect(shown).toMatch(/announced +from 20\S+ \S+ UTC: definition 0x5c5c/)
    expect(shown).toMatch(/announced +from 20\S+ \S+ UTC: owner 0 %, miners 50 %, validators 50 % of the new alpha/)
    expect(shown).toContain('subnet what-if')
    const { stdout, stderr } = await koinon('what-if', '1')
    expect(stderr).toContain('looking for definitions of subnets in')
    expect(stdout).toContain('tried   owner 0 %, miners 50 %, validators 50 %')
    expect(stdout).toContain('is not at hand: name its file with --file')
  })

  it.each([
    [['what-if', '1', '--set', 'epochSeconds=5'], 'usage/bad-setting'],
    [['what-if', '1', '--set', 'miners=5'], 'usage/bad-setting'],
    [['what-if', '9'], 'subnets/no-results'],
    [['what-if', '1', '--epochs', '0'], 'usage/bad-number'],
  ])('explains %j', async (args, errorCode) => {
    const { error } = JSON.parse((await koinon('--json', ...args)).stdout) as { error: { code: string; hint?: string } }
    expect(error.code).toBe(errorCode)
    expect(error.hint).toBeDefined()
  })
})
