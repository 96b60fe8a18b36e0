import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { createSubnet, quoteLock, readSubnet } from '@koinon/ledger'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { type AccountKey, accountKey } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { localSubnet, subnetFileSpec } from '@koinon/node/local'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireOwner } from '../ownership-words.ts'
import { TestHome } from '../testing/test-home.ts'

const unit = 10n ** 18n
const at = new TestHome()
const file = join(at.folder, 'doubles.ts')
const source = (version: number) => `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

export const subnet = defineSubnet({
  name: 'doubles',
  version: ${version},
  task: z.object({ number: z.int() }),
  response: z.object({ double: z.int() }),
  sample: (random) => ({ number: random.below(1_000) }),
  serve: ({ number }) => ({ double: 2 * number }),
  score: ({ number }, { double }) => (double === 2 * number ? 1_000_000 : 0),
})
`
let place: PoolLedger
let wallet: AccountKey
let netuid: number
let genesis: number
beforeAll(async () => {
  place = await startPoolLedger()
  const { network } = place.ledger
  at.join(network)
  wallet = await at.fund(place.ledger, 'wallet')
  accountKey(at.home, 'stranger', systemRandom)
  const membership = openMembership(network, wallet)
  const lock = await quoteLock(membership)
  const { sender } = place.ledger.owner
  const transfer = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer' } as const
  await sender.call({ ...transfer, args: [wallet.address, lock] })
  const specHash = `0x${'5c'.repeat(32)}` as const
  netuid = await createSubnet(membership, { ...localSubnet, metadataURI: '', specHash }, lock)
  genesis = (await readSubnet(membership, netuid)).createdAtSeconds
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  at.remove()
})

const subnet = (...args: readonly string[]) => at.koinon('subnet', ...args)
const announce = (...args: readonly string[]) => subnet('announce', `${netuid}`, ...args)

const json = async (...args: readonly string[]) => (await at.json('subnet', ...args)).data

async function refused(...args: readonly string[]) {
  const { error } = await at.json('subnet', ...args)
  return error as NonNullable<typeof error>
}

const toEpoch = (epoch: number) => place.ledger.moveTo(genesis + epoch * localSubnet.epochSeconds)

describe('koinon subnet announce', () => {
  it('shows what changes and from when on, asks, and announces', async () => {
    writeFileSync(file, source(1))
    const { specHash } = await subnetFileSpec(file)
    const tried = await announce('--file', file, '--min-burn', '0.2', '--immunity', '7200', '--dry-run')
    expect(tried.stdout).toMatch(/from +epoch 2, which begins \d{4}-.* UTC/)
    expect(tried.stdout).toContain(`0x${'5c'.repeat(32)}, then ${specHash}`)
    expect(tried.stdout).toContain('"doubles", version 1')
    expect(tried.stdout).toMatch(/least price of a seat +0.1 KOIN, then 0.2 KOIN/)
    expect(tried.stdout).toMatch(/nobody may claim a new seat +600 s, then 7200 s/)
    expect(await json('show', `${netuid}`)).toMatchObject({ pending: { texts: null } })
    expect((await announce('--json', '--file', file)).code).toBe(4)
    const done = await announce('--file', file, '--min-burn', '0.2', '--yes')
    expect(done.stdout).toContain('it holds from epoch 2 on')
    expect(done.stdout).toContain(`subnet what-if --home ${at.home.path} ${netuid}`)
    const fromSeconds = genesis + 2 * localSubnet.epochSeconds
    expect(await json('show', `${netuid}`)).toMatchObject({
      pending: { texts: { fromSeconds, specHash } },
      announced: { fromSeconds, rules: { minBurnAtomic: `${unit / 5n}`, immunitySeconds: 600 } },
    })
  })

  it('refuses a second change of rules while one waits, and says what a second file replaces', async () => {
    expect(await refused('announce', `${netuid}`, '--notice', '600', '--yes')).toMatchObject({
      code: 'ledger/change-pending',
      message: expect.stringMatching(/hold from \d{4}-.* UTC; one change waits at a time/),
    })
    const waiting = (await subnetFileSpec(file)).specHash
    writeFileSync(file, source(2))
    const shown = await announce('--file', file, '--dry-run')
    expect(shown.stdout).toMatch(new RegExp(`in place of +${waiting}, announced for`))
    await toEpoch(1)
    const { specHash } = await subnetFileSpec(file)
    expect(await json('announce', `${netuid}`, '--spec-hash', specHash, '--yes')).toMatchObject({
      made: true,
      fromEpoch: 3,
      texts: { specHash },
      replaced: { specHash: waiting, fromEpoch: 2 },
    })
  })

  it('lets an owner keep what holds after all', async () => {
    const same = await announce('--spec-hash', `0x${'5c'.repeat(32)}`, '--yes')
    expect(same.stdout).toContain('Announced')
    await toEpoch(4)
    expect(await json('show', `${netuid}`)).toMatchObject({
      specHash: `0x${'5c'.repeat(32)}`,
      pending: { texts: null },
    })
  })

  it.each([
    [['--min-burn', '0.0001'], 'usage/seat-rules', '--min-burn takes 0.0005 KOIN to 1000 KOIN, not 0.0001 KOIN'],
    [['--max-burn', '0.15'], 'usage/seat-rules', 'below the least'],
    [['--half-life', '59'], 'usage/bad-number', '--half-life takes a whole number from 60 to 604800'],
    [['--registrations', '0'], 'usage/bad-number', 'from 1 to 256'],
    [['--spec-hash', '0x12'], 'usage/bad-hash', 'is not a hash'],
    [['--metadata', `https://example.org/${'x'.repeat(512)}`], 'usage/metadata', '512'],
    [['--file', file, '--spec-hash', `0x${'11'.repeat(32)}`], 'usage/one-of', 'computed'],
    [['--file', join(at.folder, 'none.ts')], 'subnets/no-file', 'none.ts'],
    [[], 'usage/nothing-changes', 'Nothing would change'],
    [['--min-burn', '0.2'], 'usage/nothing-changes', 'Nothing would change'],
    [['--notice', '600', '--account', 'stranger'], 'ledger/not-owner', 'belongs to 0x'],
    [['--notice', '600', '--account', 'nobody'], 'home/no-key', 'nobody'],
  ])('refuses %j', async (args, code, words) => {
    const error = await refused('announce', `${netuid}`, ...args, '--yes')
    expect(error).toMatchObject({ code, message: expect.stringContaining(words), hint: expect.any(String) })
  })

  it('refuses what is no subnet or lives no more', async () => {
    expect((await refused('announce', '77', '--notice', '600')).code).toBe('ledger/no-subnet')
    const gone = { netuid, owner: wallet.address, dissolvedAtSeconds: 1_800_000_000 }
    expect(() => requireOwner(gone, wallet.address)).toThrow('was dissolved 2027-01-15 08:00:00 UTC')
  })
})

describe('koinon subnet owner-hotkey', () => {
  const hotkeyOf = (byte: string) => `0x${byte.repeat(20)}`

  it('names hotkeys, lists them, and drops them at once', async () => {
    expect(await json('owner-hotkey', 'list', `${netuid}`)).toEqual({ netuid, most: 8, hotkeys: [] })
    expect(await refused('owner-hotkey', 'add', `${netuid}`, hotkeyOf('11'))).toMatchObject({
      code: 'cli/needs-confirmation',
      message: expect.stringMatching(/which has no seat now, .* from epoch 6 on/),
    })
    const added = await subnet('owner-hotkey', 'add', `${netuid}`, hotkeyOf('11'), '--yes')
    expect(added.stdout).toMatch(new RegExp(`${hotkeyOf('11')}, protected from epoch 6 on, `))
    await toEpoch(6)
    const listed = await subnet('owner-hotkey', 'list', `${netuid}`)
    expect(listed.stdout).toContain('1 of at most 8')
    expect(listed.stdout).toContain('protected since epoch 6')
    expect((await refused('owner-hotkey', 'add', `${netuid}`, hotkeyOf('11'), '--yes')).code).toBe(
      'usage/nothing-changes',
    )
    expect(await json('owner-hotkey', 'drop', `${netuid}`, hotkeyOf('11'))).toMatchObject({ hotkeys: [] })
  })

  it.each([
    [['drop', '1', hotkeyOf('22')], 'ledger/no-owner-hotkey'],
    [['add', '1'], 'usage/bad-command-line'],
    [['list', '1', hotkeyOf('22')], 'usage/bad-command-line'],
    [['add', '1', '0x12'], 'base/bad-address'],
    [['add', '1', hotkeyOf('22'), '--account', 'stranger', '--yes'], 'ledger/not-owner'],
  ])('refuses %j', async ([action, , ...rest], code) => {
    const error = await refused('owner-hotkey', action as string, `${netuid}`, ...(rest as readonly string[]))
    expect(error).toMatchObject({ code, hint: expect.any(String) })
  })
})
