import { sha256Hex, zeroAddress } from '@koinon/base'
import {
  type AuditFiles,
  type AuditScope,
  type AuditSource,
  auditFileNames,
  type CheckReport,
  createCopySource,
  createRpcSource,
  recordSource,
  runChecks,
} from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochAt, type Subnet } from '../../rules/index.ts'
import { createAlphaMoves } from '../../testing/alpha-moves.ts'
import { digestSpecHash, digestSubnet } from '../../testing/digest-subnet.ts'
import { type PaidSubnet, startPaidSubnet } from '../../testing/paid-subnet.ts'
import { startTestLedger, type TestLedger } from '../../testing/test-ledger.ts'
import { economyEventNames } from './economy/economy.ts'
import { createSubnetChecks } from './index.ts'

const everything: AuditScope = { netuid: undefined, fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER }
const checks = createSubnetChecks((hash) => (hash === digestSpecHash ? { subnet: digestSubnet as Subnet } : undefined))
const audit = (source: AuditSource, scope = everything) => runChecks(source, checks, scope, () => undefined)
const names = checks.map(({ name }) => name)
/** What takes an end of a subnet, or a policy that fails. */
const neverHere = [
  'pools.PoolDissolved',
  'pools.Redeemed',
  'emission.PolicyFailed',
  'emission.SubnetSkipped',
  'emission.RestBurned',
]
type Line = { readonly contract: string; readonly name: string; readonly args: Readonly<Record<string, unknown>> }
const eventsIn = (copy: AuditFiles): readonly Line[] =>
  copy['events.jsonl']
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)

/** `check/subnet/epoch/account: what` of every difference. */
const named = (reports: readonly CheckReport[]): readonly string[] =>
  reports.flatMap(({ name, differences }) =>
    differences.map(
      ({ netuid = '', epoch = '', account = '', what }) => `${name}/${netuid}/${epoch}/${account}: ${what}`,
    ),
  )

let ledger: TestLedger
let subnet: PaidSubnet
let files: AuditFiles
let lastEpoch: number
let live: readonly CheckReport[]
beforeAll(async () => {
  ledger = await startTestLedger()
  subnet = await startPaidSubnet(ledger)
  await subnet.passEpoch(1, [1_000_000, 0])
  const { withdraw } = await subnet.stir()
  await subnet.passEpoch(2, [1_000_000, 1_000_000], { isObjectedFirst: true })
  const { netuid: otherNetuid } = await ledger.createSubnet(sha256Hex('a definition that nobody has'))
  await subnet.passEpoch(4, [0, 1_000_000])
  const moves = await createAlphaMoves(ledger, subnet)
  await moves.begin(otherNetuid)
  const { netuid: contested } = await ledger.createSubnet(sha256Hex('one judge'), 1)
  await moves.contest(contested)
  await subnet.passEpoch(6, [1_000_000, 1_000_000])
  await moves.goOn(otherNetuid)
  lastEpoch = epochAt(subnet.clock, await ledger.nowSeconds()) + 1
  await subnet.passEpoch(lastEpoch, [1_000_000, 1_000_000], { leaver: subnet.validators[1] })
  await moves.end()
  await withdraw()
  await ledger.advanceEmission()
  await ledger.moveTo((await ledger.nowSeconds()) + 1)
  const recording = recordSource(
    await createRpcSource({
      reader: ledger.reader,
      network: ledger.network,
      transfers: 'supply',
      onProgress: () => undefined,
    }),
  )
  live = await audit(recording.source)
  files = recording.files()
}, 120_000)
afterAll(async () => {
  await subnet.close()
  await ledger.close()
})

describe('an honest network', () => {
  it('agrees with itself on every figure', () => {
    expect(named(live)).toEqual([])
    const counts = new Map(live.map(({ name, agreed }) => [name, agreed]))
    for (const name of names) expect(counts.get(name), name).toBeGreaterThan(3)
  })

  it('was one in which everything happened that moves alpha or stake', () => {
    const wanted = [
      ...Object.entries(economyEventNames).flatMap(([contract, all]) => all.map((name) => `${contract}.${name}`)),
    ].filter((name) => !neverHere.includes(name))
    const found = new Set(eventsIn(files).map(({ contract, name }) => `${contract}.${name}`))
    expect(wanted.filter((name) => !found.has(name))).toEqual([])
  })

  it('says what could not be checked, and why', () => {
    const open = live.flatMap(({ name, open: items }) =>
      items.map(({ account, epoch, why }) => ({ name, account, epoch, why })),
    )
    const account = subnet.validators[1]?.address
    expect(open).toEqual(
      [lastEpoch, 6, 4, 2, 1].map((epoch) => ({ name: 'evidence', account, epoch, why: 'it cannot be reached' })),
    )
  })

  it('agrees in a copy as well, where nothing is asked of anybody', async () => {
    const { source, check } = createCopySource(files)
    expect(named(await audit(source))).toEqual([])
    expect((await audit(source)).map(({ agreed }) => agreed)).toEqual(live.map(({ agreed }) => agreed))
    const [copy] = await runChecks(source, [check], everything, () => undefined)
    expect(copy).toMatchObject({ agreed: 3, differences: [] })
  })

  it('looks at the epochs it is told to', async () => {
    const { source } = createCopySource(files)
    const some = await audit(source, { netuid: subnet.netuid, fromEpoch: 2, toEpoch: 2 })
    expect(named(some)).toEqual([])
    const agreed = (reports: readonly CheckReport[], name: string) =>
      reports.find((report) => report.name === name)?.agreed ?? 0
    for (const name of ['work', 'weights', 'results', 'evidence']) {
      expect(agreed(some, name), name).toBeGreaterThan(0)
      expect(agreed(some, name), name).toBeLessThan(agreed(live, name))
    }
    expect(agreed(some, 'stakes')).toBe(agreed(live, 'stakes'))
    expect((await audit(source, { ...everything, netuid: 9 })).find(({ name }) => name === 'results')?.agreed).toBe(0)
  })
})

describe('one falsified figure', () => {
  /** What a copy's audit names after one line of it was changed, and its hash with it. */
  const falsified = async (
    file: keyof AuditFiles,
    find: (line: string) => boolean,
    change: (line: string) => string,
  ) => {
    return falsifiedAt(file, files[file].split('\n').findIndex(find), change)
  }
  const falsifiedAt = async (file: keyof AuditFiles, index: number, change: (line: string) => string) => {
    return named(await audit(changedCopy(file, index, change)))
  }
  const changedCopy = (file: keyof AuditFiles, index: number, change: (line: string) => string) => {
    const lines = files[file].split('\n')
    expect(index).toBeGreaterThanOrEqual(0)
    const changed = change(lines[index] as string)
    expect(changed).not.toBe(lines[index])
    const text = lines.with(index, changed).join('\n')
    const manifest = files['manifest.json'].replace(sha256Hex(files[file]), sha256Hex(text))
    return createCopySource({ ...files, [file]: text, 'manifest.json': manifest }).source
  }
  const event =
    (name: string, also = '') =>
    (line: string) =>
      line.includes(`"name":"${name}"`) && line.includes(also)
  const raised = (field: string) => (line: string) =>
    line.replace(
      new RegExp(`("${field}":"?)(\\d+)`),
      (_, before: string, figure: string) => `${before}${BigInt(figure) + 1n}`,
    )
  /** Another first byte. */
  const altered = (field: string) => (line: string) =>
    line.replace(new RegExp(`("${field}":"0x)(..)`), (_, before: string, byte: string) =>
      before.concat(byte === '00' ? '01' : '00'),
    )
  const validator = () => subnet.validators[0]?.address
  const miner = () => subnet.miners[0]?.address

  it('of a row is named with its epoch and validator', async () => {
    const found = await falsified('events.jsonl', event('WeightsRevealed', '"epoch":"2"'), (line) =>
      line.replace(/"row":"0x(....)ffff/, '"row":"0x$1fffe'),
    )
    expect(found).toContainEqual(expect.stringMatching(`^weights/1/2/${validator()}: commitment of the revealed row`))
    expect(found).toContain('results/1/2/: root of the seats')
  })

  it('of a stake is named with its hotkey', async () => {
    const found = await falsified('events.jsonl', event('Staked', `"hotkey":"${validator()}"`), raised('amount'))
    expect(found).toContainEqual(expect.stringMatching(`^stakes/0//${validator()}: stake of block`))
    expect(found).toContain(`stakes/0//${validator()}: stake at the head`)
    expect(found).toContain('results/1/1/: stakes and rows')
  })

  it('of a payout is named with its epoch', async () => {
    const mined = await falsified('events.jsonl', event('RootSubmitted', '"epoch":"4"'), raised('minersTotal'))
    expect(mined).toContain('results/1/4/: paid to all miners')
    const dividends = await falsified('events.jsonl', event('RootSubmitted', '"epoch":"4"'), raised('dividendsTotal'))
    expect(dividends).toContain('results/1/4/: paid as dividends')
    const isRoot = event('RootSubmitted', '"epoch":"4"')
    const root = await falsified('events.jsonl', isRoot, altered('root'))
    expect(root).toContain('results/1/4/: root of the seats')
    expect(root.every((item) => !item.startsWith('accrual'))).toBe(true)
    // What was built on it is computed on what it posted, and agrees.
    const lines = files['events.jsonl'].split('\n')
    const reports = await audit(changedCopy('events.jsonl', lines.findIndex(isRoot), altered('root')))
    expect(reports.find(({ name }) => name === 'results')?.open).toEqual([])
    expect(root.filter((item) => item.startsWith('results/1/6'))).toEqual([])
  })

  it('of what a result builds on is named with its epoch', async () => {
    const found = await falsified('events.jsonl', event('RootSubmitted', '"epoch":"4"'), altered('previousHash'))
    expect(found).toContain('results/1/4/: result that it builds on')
    expect(found).toContain('results/1/4/: digest of the result')
  })

  it('of a claim is named with its epoch and account', async () => {
    const claim = event('Claimed', `"account":"${miner()}"`)
    expect(await falsified('events.jsonl', claim, raised('mined'))).toContain(
      `claims/1/1/${miner()}: amount paid as miner`,
    )
    expect(await falsified('events.jsonl', claim, raised('cumulativeMined'))).toContain(
      `claims/1/1/${miner()}: amounts of the account's seat`,
    )
    expect(
      await falsified('views.jsonl', event('paidTo', miner()), (line) =>
        line.replace(/"value":\["(\d+)"/, (_, figure: string) => `"value":["${BigInt(figure) + 1n}"`),
      ),
    ).toEqual([`claims/1//${miner()}: paid at the head`])
    expect(await falsified('events.jsonl', event('MinerPaid', `"hotkey":"${miner()}"`), raised('amount'))).toContain(
      `claims/1/1/${miner()}: paid out for the claim`,
    )
    expect(await falsified('events.jsonl', event('OwnerPaid'), raised('amount'))).toContainEqual(
      expect.stringMatching(`^claims/1//${ledger.owner.address}: paid to the owner`),
    )
  })

  it('of an accrual is named with its epoch', async () => {
    expect(await falsified('views.jsonl', event('accrued', '"args":[1,"3"]'), raised('miners'))).toEqual([
      'accrual/1/2/: accrued until its end',
    ])
    const rate = await falsified('views.jsonl', event('alphaPerSecond'), raised('value'))
    expect(rate).toContain('accrual/1/0/: accrued until its end')
    expect(rate).toContain("steps/1//: miners' part of step 2")
  })

  it('of a permit, seat, beacon, quorum, definition, unbonding, mint or published score is named', async () => {
    expect(
      await falsified(
        'events.jsonl',
        event('PermittedStakeChanged', `"hotkey":"${validator()}"`),
        raised('permittedStake'),
      ),
    ).toContainEqual(expect.stringMatching(`^permits/1//${validator()}: permitted stake`))
    expect(await falsified('events.jsonl', event('NeuronRegistered', miner()), raised('uid'))).toContainEqual(
      expect.stringMatching(`^seats/1//${miner()}: place given`),
    )
    expect(await falsified('events.jsonl', event('BeaconDrawn', '"epoch":"2"'), altered('beacon'))).toContain(
      'work/1/2/: beacon',
    )
    expect(
      await falsified('events.jsonl', event('RootDisabled'), (line) =>
        line.replace(/"objectingStake":"\d+"/, '"objectingStake":"1"'),
      ),
    ).toContain('results/1/2/: objecting stake')
    expect(await falsified('events.jsonl', event('SubnetUpdateAnnounced'), raised('fromEpoch'))).toContainEqual(
      expect.stringMatching('^specs/1//: epoch from which'),
    )
    expect(await falsified('events.jsonl', event('Withdrawn'), raised('amount'))).toContainEqual(
      expect.stringMatching('^stakes/1//0x.*: paid for ticket 0'),
    )
    const mint = `"from":"${zeroAddress}","to":"${ledger.network.contracts.emission}"`
    expect(await falsified('events.jsonl', event('Transfer', mint), raised('value'))).toContain(
      'steps///: KOIN minted for the subnets of a step',
    )
    expect(
      await falsified(
        'documents.jsonl',
        (line) => line.includes('/evidence-log/1/2'),
        (line) => line.replace('combinedPpm\\":1000000', 'combinedPpm\\":500000'),
      ),
    ).toContain(`evidence/1/2/${validator()}: row that the published scores give`)
  })

  it('of what moves alpha or stake is noticed, whichever it is', async () => {
    const unnoticed: string[] = []
    const events = eventsIn(files)
    for (const [contract, all] of Object.entries(economyEventNames))
      for (const name of all) {
        const isOne = (one: Line): boolean => one.contract === contract && one.name === name
        const [first, last] = [events.findIndex(isOne), events.findLastIndex(isOne)]
        const figures = Object.entries(events[last]?.args ?? {}).filter(([, value]) => /^\d+$/.test(String(value)))
        for (const [field] of figures) {
          // Whatever was told last may not matter yet.
          const found = await falsifiedAt('events.jsonl', last, raised(field))
          const also = found.length > 0 ? found : await falsifiedAt('events.jsonl', first, raised(field))
          if (also.length === 0) unnoticed.push(`${contract}.${name}.${field}`)
        }
      }
    expect(unnoticed).toEqual([])
  }, 120_000)

  it('is a changed file, too, when the manifest was forgotten', async () => {
    const { source, check } = createCopySource({ ...files, 'views.jsonl': `${files['views.jsonl']}\n` })
    const [copy] = await runChecks(source, [check], everything, () => undefined)
    expect(copy?.differences.map(({ what }) => what)).toEqual(['SHA-256 of views.jsonl'])
  })
})

describe('a damaged copy', () => {
  it('leaves open what it lacks', async () => {
    const reports = await audit(createCopySource({ ...files, 'views.jsonl': '', 'documents.jsonl': '' }).source)
    expect(named(reports)).toEqual([])
    const open = reports.flatMap(({ name, open: items }) => items.map(({ what }) => `${name}: ${what}`))
    for (const name of names)
      expect(
        open.some((item) => item.startsWith(name)),
        name,
      ).toBe(true)
  })

  it('is refused when it is no copy', () => {
    const bad = (name: (typeof auditFileNames)[number], text: string) => () =>
      createCopySource({ ...files, [name]: text })
    for (const text of ['', '{}', files['manifest.json'].replace('"v": 1', '"v": 2')])
      expect(bad('manifest.json', text)).toThrow(expect.objectContaining({ code: 'ledger/bad-audit-copy' }))
    for (const text of [
      'nonsense',
      '{"contract":"staking","name":"Gone","args":{}}',
      '{"contract":"x","name":"y","args":{}}',
      'null',
    ])
      expect(bad('events.jsonl', text)).toThrow(expect.objectContaining({ code: 'ledger/bad-audit-copy' }))
    expect(bad('events.jsonl', files['events.jsonl'].replace(/"amount":"\d+"/, '"amount":"many"'))).toThrow(
      /not an integer/,
    )
    expect(bad('views.jsonl', '{"contract":"epochs","name":"gone","args":[],"value":1}')).toThrow(/no view/)
  })
})
