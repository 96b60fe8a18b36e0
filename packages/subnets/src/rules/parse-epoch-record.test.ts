import type { Address, Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { computeEpoch } from './epoch-record.ts'
import { parseEpochRecord } from './parse-epoch-record.ts'
import { stakeMedian } from './stake-median.ts'
import { packRow } from './weight-row.ts'

const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const specHash: Hex = `0x${'5e'.repeat(32)}`

const emission = { miners: 10n ** 20n, dividends: 10n ** 19n }
const { recordText, payouts } = computeEpoch(
  {
    netuid: 3,
    epoch: 7,
    startsAtSeconds: 8_000,
    epochSeconds: 1_000,
    specHash,
    seats: [
      { uid: 0, hotkey: account(1), sinceSeconds: 1 },
      { uid: 1, hotkey: account(2), sinceSeconds: 1 },
    ],
    validators: [
      { hotkey: account(8), stake: 60n * 10n ** 18n, packedRow: packRow([{ uid: 0, weight: 65_535 }]) },
      { hotkey: account(9), stake: 5n, packedRow: undefined },
    ],
    accruedBefore: { miners: 0n, dividends: 0n },
    accruedAfter: emission,
    previous: undefined,
  },
  stakeMedian,
)

describe('a published record', () => {
  it('is read as it was computed', () => {
    const record = parseEpochRecord(recordText)
    expect(record).toMatchObject({ netuid: 3, epoch: 7, specHash, emission, payouts })
    expect(record.aggregator).toEqual({ name: 'stakeMedian', version: 2, specHash: stakeMedian.specHash })
    expect(record.seats.map(({ incentive }) => incentive)).toEqual([1n << 32n, 0n])
    expect(record.validators.map(({ row }) => row)).toEqual(['0x0000ffff', null])
  })

  it.each<[string, (json: Record<string, unknown>) => void]>([
    ['netuid', (json) => (json['netuid'] = -1)],
    ['emission', (json) => (json['emission'] = { miners: '1e9', dividends: '0' })],
    ['emission.dividends', (json) => (json['emission'] = { miners: '1' })],
    ['specHash', (json) => (json['specHash'] = '0x12')],
    ['seats.0.hotkey', (json) => ((json['seats'] as { hotkey: string }[])[0] = { hotkey: '0xAB' })],
    ['validators.0.row', (json) => ((json['validators'] as { row: string }[])[0] = { row: '0x12' })],
  ])('is refused with a bad %s, which is named', (field, spoil) => {
    const json = JSON.parse(recordText) as Record<string, unknown>
    spoil(json)
    expect(() => parseEpochRecord(JSON.stringify(json))).toThrow(field.split('.')[0])
  })

  it('is refused when it is not JSON', () => {
    expect(() => parseEpochRecord('{')).toThrow('not JSON')
  })
})
