import { type EpochRecord, parseEpochRecord } from '@koinon/subnets'
import { describe, expect, it } from 'vitest'
import { neuronsJson, type SeatFacts } from './neurons-json.ts'

const address = (byte: string) => `0x${byte.repeat(20)}` as const
const hash = `0x${'00'.repeat(32)}` as const
const half = `${1n << 31n}`

/** The first validator gives its row to seat 0 by two thirds, the second by a half each; the third did not reveal. */
const record: EpochRecord = parseEpochRecord(
  JSON.stringify({
    netuid: 2,
    epoch: 5,
    specHash: hash,
    aggregator: { name: 'yuma3', version: 1, specHash: hash },
    emission: { miners: '400', dividends: '600' },
    seats: [
      { uid: 0, hotkey: address('01'), consensus: half, incentive: '3' },
      { uid: 4, hotkey: address('0a'), consensus: half, incentive: '1' },
    ],
    validators: [
      { hotkey: address('0a'), stake: '70', row: '0x0000fffe00047fff', dividends: '9' },
      { hotkey: address('0b'), stake: '30', row: '0x000003e8000403e8', dividends: '0' },
      { hotkey: address('0c'), stake: '900', row: null, dividends: '0' },
    ],
    payouts: [{ account: address('0a'), asMiner: '100', asValidator: '600' }],
  }),
)
const seat = (uid: number, byte: string): SeatFacts => ({
  uid,
  hotkey: address(byte),
  stake: 70n,
  hasPermit: byte === '0a',
  seeksPermit: false,
  registeredAtSeconds: 11,
  paid: 5n,
})
const seats = [seat(0, '01'), seat(4, '0a'), seat(9, '0f')]

describe('the seats of a metagraph', () => {
  const [first, second, late] = neuronsJson(seats, record, 'shares')

  it('have what the epoch made of them, by its own sums', () => {
    expect(first).toMatchObject({ incentivePpm: 750_000, dividendsPpm: 0, consensusPpm: 500_000, earnedAtomic: '0' })
    expect(second).toMatchObject({ incentivePpm: 250_000, dividendsPpm: 1_000_000, earnedAtomic: '700' })
  })

  it('have as rank the stake behind their weights, each cut to the consensus, of all that revealed', () => {
    // 70 x a half (cut from two thirds) and 30 x a half of 100; then 70 x a third and 30 x a half.
    expect([first?.rankPpm, second?.rankPpm]).toEqual([500_000, 383_333])
    for (const neuron of neuronsJson(seats, record, 'marks')) expect(neuron).not.toHaveProperty('rankPpm')
  })

  it('have nothing of an epoch in which they took no part, or that is not known', () => {
    const now = { stakeAtomic: '70', paidAtomic: '5', hasPermit: false, seeksPermit: false, registeredAtSeconds: 11 }
    expect(late).toEqual({ uid: 9, hotkey: address('0f'), ...now })
    expect(neuronsJson(seats, undefined, undefined)[0]).toEqual({ uid: 0, hotkey: address('01'), ...now })
  })
})
