import { sha256Hex } from '@koinon/base'
import { poolEmissionAbi, subnetTermsAbi } from '@koinon/ledger/abis'
import { type AuditSource, createRpcSource } from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPendingChanges } from '../../client/pending-changes.ts'
import { aggregators } from '../../rules/aggregators/index.ts'
import type { Aggregator, Subnet } from '../../rules/index.ts'
import { digestSpecHash, digestSubnet } from '../../testing/digest-subnet.ts'
import { type PaidSubnet, startPaidSubnet } from '../../testing/paid-subnet.ts'
import { registrationBurn, startTestLedger, type TestLedger, token } from '../../testing/test-ledger.ts'
import { createCandidates } from './index.ts'
import { announcedChange, type WhatIf, type WhatIfChange, whatIf } from './what-if.ts'
import { parseWhatIf } from './what-if-settings.ts'

const definitionOf = (hash: string) => (hash === digestSpecHash ? { subnet: digestSubnet as Subnet } : undefined)
const candidatesOf = createCandidates(definitionOf)
let ledger: TestLedger
let subnet: PaidSubnet
let source: AuditSource
beforeAll(async () => {
  ledger = await startTestLedger()
  subnet = await startPaidSubnet(ledger)
  await subnet.passEpoch(1, [1_000_000, 0])
  await subnet.stir()
  await subnet.passEpoch(3, [1_000_000, 500_000])
  await subnet.passEpoch(4, [1_000_000, 1_000_000])
  const { contracts } = ledger.network
  const rules = {
    minBurn: registrationBurn,
    maxBurn: 5n * token,
    burnHalfLifeSeconds: 120,
    immunitySeconds: 60,
    noticeSeconds: 60,
    maxRegistrationsPerEpoch: 4,
  }
  const announce = (address: `0x${string}`, abi: readonly unknown[], functionName: string, args: readonly unknown[]) =>
    ledger.owner.sender.call({ address, abi, functionName, args } as never)
  await announce(contracts.terms, subnetTermsAbi, 'announceRules', [subnet.netuid, rules])
  await announce(contracts.terms, subnetTermsAbi, 'announceUpdate', [subnet.netuid, '', sha256Hex('a later file')])
  await announce(contracts.emission, poolEmissionAbi, 'announceParts', [subnet.netuid, 0n, 6_000n])
  await ledger.moveTo((await ledger.nowSeconds()) + 1)
  const { reader, network } = ledger
  source = await createRpcSource({ reader, network, transfers: 'supply', onProgress: () => undefined })
}, 120_000)
afterAll(async () => {
  await subnet?.close()
  await ledger?.close()
})

const tried = (change: WhatIfChange, epochs = 10): Promise<WhatIf> =>
  whatIf(source, subnet.netuid, change, { epochs, candidatesOf })
const sum = ({ accounts }: WhatIf, which: 'did' | 'would', part: 'mined' | 'dividends'): bigint =>
  accounts.reduce((all, account) => all + account[which][part], 0n)

describe('what would have been', () => {
  it('is what was where nothing changes', async () => {
    const found = await tried({})
    expect(found.epochs).toEqual([1, 3, 4])
    expect(found.changes).toEqual([])
    for (const { did, would } of found.accounts) expect(would).toEqual(did)
    expect(found.owner.would).toBe(found.owner.did)
    expect(sum(found, 'did', 'mined')).toBeGreaterThan(0n)
    expect(found.unknown).toContainEqual(expect.stringContaining('people would have acted otherwise'))
  })

  it('follows the parts that are tried, and nobody gets more than accrued', async () => {
    const found = await tried(parseWhatIf(['owner=0', 'miners=70.5']))
    expect(found.changes).toEqual(['owner 0 %, miners 70.5 %, validators 29.5 %'])
    expect(found.owner.would).toBe(0n)
    const ratio = Number((sum(found, 'would', 'mined') * 10_000n) / sum(found, 'did', 'mined')) / 10_000
    expect(ratio).toBeGreaterThan(1)
    expect(ratio).toBeLessThanOrEqual(70.5 / 41 + 0.001)
    expect(sum(found, 'would', 'dividends')).toBeLessThan(sum(found, 'did', 'dividends'))
    const last = await tried(parseWhatIf(['owner=0', 'miners=70.5']), 1)
    expect(last.epochs).toEqual([4])
  })

  it('follows another aggregator over all epochs', async () => {
    const found = await tried(parseWhatIf(['aggregator=winnerTakeAll']))
    expect(found.changes).toEqual(['aggregator winnerTakeAll'])
    expect(found.epochs).toEqual([1, 3, 4])
    // Two shared the last epoch, which now goes to one of them.
    expect(found.accounts.filter(({ did, would }) => did.mined > 0n && would.mined === 0n)).toHaveLength(1)
    expect(sum(found, 'would', 'mined')).toBe(sum(found, 'did', 'mined'))
  })

  it('says in which epochs nobody would have earned, and that scores are not computed again', async () => {
    const { winnerTakeAll } = aggregators
    const nobody: Aggregator = {
      ...winnerTakeAll,
      aggregate: (inputs) => {
        const outcome = winnerTakeAll.aggregate(inputs)
        return { ...outcome, incentive: outcome.incentive.map(() => 0n) }
      },
    }
    const found = await tried({ aggregator: nobody })
    expect(sum(found, 'would', 'mined')).toBe(0n)
    expect(found.unknown).toContainEqual(expect.stringMatching(/^in epochs 1, 3, 4 there would have been no result/))
    expect(found.unknown).toContainEqual(expect.stringMatching(/a file that scores otherwise is not run/))
    const { unknown } = await tried(parseWhatIf(['aggregator=winnerTakeAll']))
    expect(unknown.join()).not.toContain('no result')
    expect((await tried({})).unknown.join()).not.toContain('scores otherwise')
  })

  it('prices the seats that were sold, and says which sales would not have been', async () => {
    const { seats } = await tried(parseWhatIf(['minBurn=1', 'maxBurn=50', 'burnHalfLifeSeconds=6000']))
    expect(seats.map(({ kind, paid, would }) => ({ kind, paid, would }))).toEqual([
      { kind: 'registration', paid: registrationBurn, would: token },
    ])
    const none = await tried(parseWhatIf(['maxRegistrationsPerEpoch=1']))
    expect(none.seats.every(({ refused }) => refused === undefined)).toBe(true)
    expect((await tried({})).seats).toEqual([])
  })

  it('leaves out what an audit cannot reproduce, and what has no result', async () => {
    const forged = {
      ...source,
      events: source.events.map((event) =>
        event.name === 'WeightsRevealed' && event.args['epoch'] === 4n
          ? { ...event, args: { ...event.args, row: '0x0000ffff' } }
          : event,
      ),
    }
    const error = await whatIf(forged, subnet.netuid, {}, { epochs: 10, candidatesOf }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'subnets/no-results' })
    await expect(whatIf(source, 9, {}, { epochs: 10, candidatesOf })).rejects.toMatchObject({
      code: 'subnets/no-results',
    })
  })

  it('tries what the owner announced, and says what of it is not at hand', async () => {
    const asked: string[] = []
    const { change, unknown } = await announcedChange(source, subnet.netuid, async (hash) => {
      asked.push(hash)
      return definitionOf(hash)?.subnet.aggregator
    })
    expect(asked).toEqual([sha256Hex('a later file')])
    expect(change.parts).toEqual({ ownerBps: 0, minersBps: 6_000 })
    expect(change.rules).toMatchObject({ maxBurn: 5n * token, maxRegistrationsPerEpoch: 4 })
    expect(unknown).toEqual([expect.stringContaining(sha256Hex('a later file'))])
    const found = await tried(change)
    expect(found.owner.would).toBe(0n)
  })

  it('is shown beforehand with the second from which it holds', async () => {
    const { reader, network } = ledger
    const { texts, parts } = await readPendingChanges({ reader, network }, subnet.netuid)
    expect(texts).toMatchObject({ specHash: sha256Hex('a later file') })
    const now = await ledger.nowSeconds()
    expect(texts?.fromSeconds).toBeGreaterThan(now)
    const announced = source.events.find(({ name }) => name === 'PartsAnnounced')
    expect(parts).toEqual({
      ownerBps: 0,
      minersBps: 6_000,
      validatorsBps: 4_000,
      fromSeconds: announced?.args['from'],
    })
  })
})

describe('what may be tried', () => {
  it.each([
    'epochSeconds=5',
    'owner=19',
    'miners=19.9',
    'miners=much',
    'aggregator=best',
    'minBurn=0',
    'maxBurn=1001',
    'noticeSeconds=59',
    'immunitySeconds=-1',
    'owner',
    '',
  ])('is not %j', (setting) => {
    expect(() => parseWhatIf([setting])).toThrow(expect.objectContaining({ code: 'usage/bad-setting' }))
  })

  it('is every name of the chapter', () => {
    const change = parseWhatIf(['owner=18%', 'miners=41', 'minBurn=0.5', 'maxBurn=2', 'noticeSeconds=60'])
    expect(change).toEqual({
      parts: { ownerBps: 1_800, minersBps: 4_100 },
      rules: { minBurn: token / 2n, maxBurn: 2n * token, noticeSeconds: 60 },
    })
    expect(() => parseWhatIf(['minBurn=2', 'maxBurn=1'])).toThrow(/least price/)
  })
})
