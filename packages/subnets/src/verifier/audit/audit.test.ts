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
import type { Subnet } from '../../rules/index.ts'
import { digestSpecHash, digestSubnet } from '../../testing/digest-subnet.ts'
import { type PaidSubnet, startPaidSubnet } from '../../testing/paid-subnet.ts'
import { startTestLedger, type TestLedger } from '../../testing/test-ledger.ts'
import { createSubnetChecks } from './index.ts'

const everything: AuditScope = { netuid: undefined, fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER }
const checks = createSubnetChecks((hash) => (hash === digestSpecHash ? { subnet: digestSubnet as Subnet } : undefined))
const audit = (source: AuditSource, scope = everything) => runChecks(source, checks, scope, () => undefined)

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
let live: readonly CheckReport[]
beforeAll(async () => {
  ledger = await startTestLedger()
  subnet = await startPaidSubnet(ledger)
  await subnet.passEpoch(1, [1_000_000, 0])
  const { withdraw } = await subnet.stir()
  await subnet.passEpoch(2, [1_000_000, 1_000_000], { isObjectedFirst: true })
  await ledger.createSubnet(sha256Hex('a definition that nobody has'))
  await subnet.passEpoch(4, [0, 1_000_000])
  await ledger.moveTo((await ledger.nowSeconds()) + 86_400)
  await withdraw()
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
    for (const name of [
      'seats',
      'stakes',
      'permits',
      'specs',
      'work',
      'weights',
      'accrual',
      'results',
      'claims',
      'mints',
      'evidence',
    ])
      expect(counts.get(name), name).toBeGreaterThan(5)
  })

  it('says what could not be checked, and why', () => {
    const open = live.flatMap(({ name, open: items }) =>
      items.map(({ account, epoch, why }) => ({ name, account, epoch, why })),
    )
    const account = subnet.validators[1]?.address
    expect(open).toEqual([4, 2, 1].map((epoch) => ({ name: 'evidence', account, epoch, why: 'it cannot be reached' })))
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
    const lines = files[file].split('\n')
    const index = lines.findIndex(find)
    expect(index).toBeGreaterThanOrEqual(0)
    const changed = change(lines[index] as string)
    expect(changed).not.toBe(lines[index])
    const text = lines.with(index, changed).join('\n')
    const manifest = files['manifest.json'].replace(sha256Hex(files[file]), sha256Hex(text))
    return named(await audit(createCopySource({ ...files, [file]: text, 'manifest.json': manifest }).source))
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
    expect(found).toContainEqual(expect.stringMatching(`^stakes/1//${validator()}: stake after block`))
    expect(found).toContain(`stakes/1//${validator()}: stake at the head`)
    expect(found).toContain('results/1/1/: stakes and rows')
  })

  it('of a payout is named with its epoch', async () => {
    const total = await falsified('events.jsonl', event('RootSubmitted', '"epoch":"4"'), raised('cumulativeTotal'))
    expect(total).toContain('results/1/4/: paid to all seats')
    const root = await falsified('events.jsonl', event('RootSubmitted', '"epoch":"4"'), (line) =>
      line.replace(/"root":"0x../, '"root":"0x00'),
    )
    expect(root).toContain('results/1/4/: root of the seats')
    expect(root.every((item) => !item.startsWith('accrual'))).toBe(true)
  })

  it('of a claim is named with its epoch and account', async () => {
    const claim = event('Claimed', `"account":"${miner()}"`)
    expect(await falsified('events.jsonl', claim, raised('amount'))).toContain(`claims/1/1/${miner()}: amount paid`)
    expect(await falsified('events.jsonl', claim, raised('cumulativeAmount'))).toContain(
      `claims/1/1/${miner()}: word of the account's seat`,
    )
    expect(await falsified('views.jsonl', event('paidTo', miner()), raised('value'))).toEqual([
      `claims/1//${miner()}: paid at the head`,
    ])
    expect(await falsified('events.jsonl', event('Emitted', `"account":"${miner()}"`), raised('amount'))).toContain(
      `claims/1/1/${miner()}: minted for the payment`,
    )
  })

  it('of an accrual is named with its epoch', async () => {
    expect(await falsified('views.jsonl', event('accrued', '"args":[1,"3"]'), raised('value'))).toEqual([
      'accrual/1/2/: accrued until its end',
    ])
    const rate = await falsified('views.jsonl', event('emissionPerSecond'), raised('value'))
    expect(rate).toContain('accrual/1/0/: accrued until its end')
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
    expect(
      await falsified('events.jsonl', event('BeaconDrawn', '"epoch":"2"'), (line) =>
        line.replace(/"beacon":"0x../, '"beacon":"0x00'),
      ),
    ).toContain('work/1/2/: beacon')
    expect(
      await falsified('events.jsonl', event('RootDisabled'), (line) =>
        line.replace(/"objectingStake":"\d+"/, '"objectingStake":"1"'),
      ),
    ).toContain('results/1/2/: objecting stake')
    expect(await falsified('events.jsonl', event('SubnetUpdateAnnounced'), raised('fromEpoch'))).toContainEqual(
      expect.stringMatching('^specs/1//: epoch from which'),
    )
    expect(await falsified('events.jsonl', event('Withdrawn'), raised('amount'))).toContainEqual(
      expect.stringMatching('^stakes///0x.*: unbondings 0 to 1 paid'),
    )
    expect(
      await falsified('events.jsonl', event('Transfer', `"from":"${zeroAddress}","to":"${miner()}"`), raised('value')),
    ).toContainEqual(expect.stringMatching(`^mints///${miner()}: minted in`))
    expect(
      await falsified(
        'documents.jsonl',
        (line) => line.includes('/evidence-log/1/2'),
        (line) => line.replace('combinedPpm\\":1000000', 'combinedPpm\\":500000'),
      ),
    ).toContain(`evidence/1/2/${validator()}: row that the published scores give`)
  })

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
    for (const name of [
      'seats',
      'stakes',
      'permits',
      'specs',
      'work',
      'weights',
      'accrual',
      'results',
      'claims',
      'mints',
      'evidence',
    ])
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
