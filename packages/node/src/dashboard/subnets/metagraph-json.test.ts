import { type EpochRecord, parseEpochRecord } from '@koinon/subnets'
import { describe, expect, it } from 'vitest'
import { metagraphJson } from './metagraph-json.ts'

const address = (byte: string) => `0x${byte.repeat(20)}` as const
const hash = `0x${'00'.repeat(32)}` as const
const half = `${1n << 31n}`

const record: EpochRecord = parseEpochRecord(
  JSON.stringify({
    netuid: 2,
    epoch: 5,
    specHash: hash,
    aggregator: { name: 'yuma3', version: 1, specHash: hash },
    emission: { miners: '400', dividends: '600' },
    seats: [
      { uid: 0, hotkey: address('01'), consensus: half, incentive: half },
      { uid: 4, hotkey: address('02'), consensus: half, incentive: half },
    ],
    validators: [
      { hotkey: address('0a'), stake: '70', row: '0x0000fffe00047fff', dividends: half },
      { hotkey: address('0b'), stake: '30', row: '0x000003e8000403e8', dividends: half },
      { hotkey: address('0c'), stake: '1', row: null, dividends: '0' },
    ],
    payouts: [
      { account: address('01'), asMiner: '250', asValidator: '0' },
      { account: address('0a'), asMiner: '0', asValidator: '500' },
    ],
  }),
)

describe('the metagraph', () => {
  const json = metagraphJson(record, new Map([[address('0a'), 9]]))

  it('tells shares in millionths and payouts in atomic units', () => {
    expect(json).toMatchObject({
      netuid: 2,
      epoch: 5,
      aggregator: 'yuma3 1',
      emissionAtomic: '1000',
      minersAtomic: '400',
    })
    expect(json['explained']).toMatchObject({ rows: 'shares', agreed: expect.stringContaining('more than half') })
    const strange = { ...record, aggregator: { ...record.aggregator, name: 'toString' } }
    expect(metagraphJson(strange, new Map())).not.toHaveProperty('explained')
    expect(json['seats']).toEqual([
      { uid: 0, hotkey: address('01'), consensusPpm: 500_000, incentivePpm: 500_000, asMinerAtomic: '250' },
      { uid: 4, hotkey: address('02'), consensusPpm: 500_000, incentivePpm: 500_000, asMinerAtomic: '0' },
    ])
  })

  it('gives each row over its sum, how much of it the consensus kept, and nothing for a row that was not revealed', () => {
    expect(json['validators']).toEqual([
      {
        hotkey: address('0a'),
        uid: 9,
        stakeAtomic: '70',
        dividendsPpm: 500_000,
        asValidatorAtomic: '500',
        weights: [
          [0, 666_666],
          [4, 333_333],
        ],
        keptPpm: 833_333,
      },
      {
        hotkey: address('0b'),
        stakeAtomic: '30',
        dividendsPpm: 500_000,
        asValidatorAtomic: '0',
        weights: [
          [0, 500_000],
          [4, 500_000],
        ],
        keptPpm: 1_000_000,
      },
      { hotkey: address('0c'), stakeAtomic: '1', dividendsPpm: 0, asValidatorAtomic: '0' },
    ])
  })

  it('has no agreement where a row has no order', () => {
    expect(json).not.toHaveProperty('agreementPpm')
  })
})
