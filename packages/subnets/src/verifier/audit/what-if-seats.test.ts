/** Sales of seats of a full subnet on the real contracts, under the rules they had and under others. */
import { sha256Hex } from '@koinon/base'
import type { SeatRules } from '@koinon/ledger'
import {
  costOfMatch,
  createSubnet,
  findOwnChallenge,
  joinSubnet,
  keepSeat,
  quoteLock,
  type SeatChallenge,
} from '@koinon/ledger'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { type AuditSource, createRpcSource } from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestLedger, type TestAccount, type TestLedger, testPhases, token } from '../../testing/test-ledger.ts'
import { type ReplayedSubnet, replaySubnets } from './replay.ts'
import { type SoldSeat, whatIfSeats } from './what-if-seats.ts'

const rules: SeatRules = {
  minBurn: token / 2_000n,
  maxBurn: 50n * token,
  burnHalfLifeSeconds: 6_000,
  immunitySeconds: 60,
  noticeSeconds: 400,
  maxRegistrationsPerEpoch: 256,
}
const { epochSeconds } = testPhases
let ledger: TestLedger
let source: AuditSource
let subnet: ReplayedSubnet
let accounts: readonly TestAccount[]

/** Two seats are bought in epoch 0. In epoch 1 one is claimed and kept, the other claimed and lost; a third claim comes in epoch 2. */
beforeAll(async () => {
  ledger = await startTestLedger()
  const { network, reader, owner } = ledger
  const netuid = await createSubnet(
    { network, reader, sender: owner.sender },
    {
      name: 'small',
      metadataURI: '',
      specHash: sha256Hex('small'),
      ...testPhases,
      maxNeurons: 2,
      minValidatorStake: 10n * token,
      maxValidators: 2,
      initialBurn: token,
      rules,
    },
    await quoteLock({ network, reader }),
  )
  accounts = Array.from({ length: 5 }, () => ledger.nextAccount())
  const [first, second, third, fourth, fifth] = accounts as [
    TestAccount,
    TestAccount,
    TestAccount,
    TestAccount,
    TestAccount,
  ]
  const transfer = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer' } as const
  for (const { address } of accounts) await owner.sender.call({ ...transfer, args: [address, 20n * token] })
  const of = ({ sender }: TestAccount) => ({ network, reader, sender })
  const pass = async (seconds: number) => ledger.moveTo((await ledger.nowSeconds()) + seconds)
  const claim = async (account: TestAccount) =>
    expect(joinSubnet(of(account), netuid, '')).rejects.toMatchObject({ code: 'ledger/seat-challenged' })
  await joinSubnet(of(first), netuid, '')
  await pass(10)
  await joinSubnet(of(second), netuid, '')
  const { genesisSeconds } = await clockOf()
  await ledger.moveTo(genesisSeconds + epochSeconds + 10)
  await claim(third)
  await pass(200)
  await keepSeat(of(first), netuid, (await findOwnChallenge(of(first), netuid)) as SeatChallenge)
  await claim(fourth)
  await pass(410)
  await joinSubnet(of(fourth), netuid, '')
  await ledger.moveTo(genesisSeconds + 2 * epochSeconds + 10)
  await claim(fifth)
  source = await read()
  subnet = (await replaySubnets(source))[0] as ReplayedSubnet
}, 120_000)
afterAll(() => ledger?.close())

const read = () =>
  createRpcSource({
    reader: ledger.reader,
    network: ledger.network,
    transfers: 'supply',
    onProgress: () => undefined,
  })
const clockOf = async () => ((await replaySubnets(await read()))[0] as ReplayedSubnet).clock

/** From an epoch's first second on. */
const tried = (change: Partial<SeatRules>, fromEpoch = 0): readonly SoldSeat[] => {
  const { genesisSeconds } = subnet.clock
  const from = genesisSeconds + fromEpoch * epochSeconds
  return whatIfSeats(source, subnet, change, { from, until: genesisSeconds + 3 * epochSeconds })
}
const nameOf = (address: string): string =>
  ['first', 'second', 'third', 'fourth', 'fifth'][accounts.findIndex((account) => account.address === address)] ??
  address
const refusedOf = (seats: readonly SoldSeat[]) => seats.map(({ refused }) => refused?.replace(/0x\w+/, nameOf) ?? '')

describe('seats that were sold', () => {
  it('are registrations, challenges and matches; who takes a claimed seat buys nothing again', () => {
    expect(tried({}).map(({ kind, account }) => `${kind} of ${nameOf(account)}`)).toEqual([
      'registration of first',
      'registration of second',
      'challenge of third',
      'match of first',
      'challenge of fourth',
      'challenge of fifth',
    ])
  })

  it('would have cost what they did under the rules they had', () => {
    const seats = tried({})
    for (const { paid, would, refused } of seats)
      expect({ would, refused }).toEqual({ would: paid, refused: undefined })
    expect(seats[1]?.paid).toBeGreaterThan((12n * token) / 10n)
    // The holder that kept its seat paid what the newcomer that was outbid had put down, but for the tenth that this one lost.
    expect(seats[3]?.paid).toBe(costOfMatch({ deposit: seats[2]?.paid ?? 0n }))
  })

  it('cost what other bounds and another half-life make of the price, challenges raising it like registrations', () => {
    const dear = tried({ minBurn: 30n * token }, 1)
    const would = (seats: readonly SoldSeat[]) => seats.map((seat) => seat.would)
    // 30 KOIN, kept by paying nine tenths of it, then 1.26 times that some minutes later, and in the next epoch at the least price or above.
    expect(would(dear).slice(0, 2)).toEqual([30n * token, 27n * token])
    expect(would(dear)[2]).toBeGreaterThan(35n * token)
    expect(would(dear)[2]).toBeLessThan((378n * token) / 10n)
    const capped = tried({ maxBurn: token / 2n })
    for (const seat of capped) expect(seat.would).toBeLessThanOrEqual(token / 2n)
    const [, , quick] = tried({ burnHalfLifeSeconds: 60 })
    expect(quick?.would).toBe(rules.minBurn)
  })
})

describe('a challenge that other rules would not have allowed', () => {
  it('is one of a seat that would still have been immune, and then there was nothing to match', () => {
    expect(refusedOf(tried({ immunitySeconds: 1.5 * epochSeconds }, 1))).toEqual([
      expect.stringMatching(/^first would have been immune until second \d+$/),
      'there would have been no challenge to match',
      expect.stringMatching(/^second would have been immune until second \d+$/),
      // What was not matched is not immune anew.
      '',
    ])
    // The seats were bought, or kept, longer ago.
    expect(refusedOf(tried({ immunitySeconds: 100 }, 1))).toEqual(['', '', '', ''])
  })

  it('is the second of an epoch where one sale is allowed; the next epoch has its own', () => {
    expect(refusedOf(tried({ maxRegistrationsPerEpoch: 1 }, 1))).toEqual(['', '', 'epoch 1 had its 1 sales', ''])
    expect(refusedOf(tried({ maxRegistrationsPerEpoch: 1 }))[1]).toBe('epoch 0 had its 1 sales')
  })

  it('leaves a holder no time where the notice would have been over, but not where it was announced before', () => {
    expect(refusedOf(tried({ noticeSeconds: 60 }, 1))).toEqual([
      '',
      expect.stringMatching(/^the notice would have ended in second \d+$/),
      '',
      '',
    ])
    const [claim] = tried({}, 1)
    const { genesisSeconds } = subnet.clock
    const later = whatIfSeats(
      source,
      subnet,
      { noticeSeconds: 60 },
      { from: (claim as SoldSeat).seconds + 1, until: genesisSeconds + 2 * epochSeconds },
    )
    expect(later.map(({ kind, refused }) => [kind, refused])).toEqual([
      ['match', undefined],
      ['challenge', undefined],
    ])
    expect(later[0]?.would).toBe(costOfMatch({ deposit: claim?.paid ?? 0n }))
  })
})
