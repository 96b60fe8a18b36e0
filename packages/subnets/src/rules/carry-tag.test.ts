import type { Address, Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { aggregators, type EngineAggregatorName } from './aggregators/index.ts'
import { tagged, untagged } from './carry-tag.ts'

const hotkey = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const names = Object.keys(aggregators) as EngineAggregatorName[]
const input = (carried: Hex) => ({
  uids: [0, 1, 2],
  hotkeys: [hotkey(1), hotkey(2), hotkey(3)],
  validators: [4, 5].map((key) => ({
    hotkey: hotkey(key),
    uid: undefined,
    stake: 10n ** 18n,
    row: [
      { uid: 0, weight: 40_000 },
      { uid: 1, weight: 20_000 },
      { uid: 2, weight: 5_000 },
    ],
  })),
  carried,
})

describe('the tag of a carry', () => {
  it('is put before a state and taken off again, and nothing stays nothing', () => {
    const specHash: Hex = `0x${'5a'.repeat(32)}`
    expect(tagged(specHash, '0x0102')).toBe('0x5a5a5a5a0102')
    expect(untagged(specHash, '0x5a5a5a5a0102')).toBe('0x0102')
    expect(untagged(specHash, '0x010203040102')).toBe('0x')
    expect([tagged(specHash, '0x'), untagged(specHash, '0x')]).toEqual(['0x', '0x'])
  })

  it.each(names)('lets a subnet change to %s from any other, as if nothing had been carried', (name) => {
    const fresh = aggregators[name].aggregate(input('0x'))
    for (const before of names.filter((other) => other !== name)) {
      const { carry } = aggregators[before].aggregate(input('0x'))
      expect(aggregators[name].aggregate(input(carry))).toEqual(fresh)
    }
  })
})
