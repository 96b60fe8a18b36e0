import type { EpochDetailJson, SubnetJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { fakeEpoch, fakeNetwork } from '../../dev/fake-ledger.ts'
import { FakeState } from '../../dev/fake-state.ts'
import { incentiveSeries, seriesSentence } from './incentive-series.ts'
import { epochStateSentences, phaseName, phaseSentence } from './phases.ts'

describe('incentiveSeries', () => {
  test('is the share of the miners alone, oldest epoch first', () => {
    const { subnet, details } = setup([33, 31, 32])
    const series = incentiveSeries(subnet, details)
    expect(series.epochs).toEqual([31, 32, 33])
    for (const index of [0, 1, 2]) {
      const sum = series.miners.reduce((total, miner) => total + (miner.sharesPpm[index] ?? 0), 0)
      expect(sum).toBeGreaterThan(999_990)
      expect(sum).toBeLessThanOrEqual(1_000_000)
    }
  })

  test('has a gap where an epoch paid nobody, and says which', () => {
    const { subnet, details } = setup([28, 29, 30])
    const series = incentiveSeries(subnet, details)
    expect(series.miners[0]?.sharesPpm[1]).toBeNull()
    expect(seriesSentence(series)).toMatch(/^Epochs 28 to 30: .* No miner was paid in epoch 29\.$/)
  })

  test('leaves out a miner that never earned', () => {
    const { subnet, details } = setup([34, 35])
    expect(incentiveSeries(subnet, details).miners.map((miner) => miner.name)).toEqual([
      'miner-attica',
      'miner-boeotia',
    ])
  })

  test('is empty without epochs, and says so', () => {
    const { subnet } = setup([])
    expect(seriesSentence(incentiveSeries(subnet, []))).toMatch(/^No miner has been paid yet\./)
  })

  test('survives amounts that are no amounts', () => {
    const { subnet, details } = setup([33])
    const broken = details.map((detail) => ({
      ...detail,
      payouts: detail.payouts.map((payout) => ({ ...payout, amountAtomic: 'much' })),
    }))
    expect(incentiveSeries(subnet, broken).miners).toEqual([])
  })
})

describe('phases', () => {
  test.each(['open', 'workCommit', 'weightCommit', 'weightReveal', 'root'])('explains %s', (phase) => {
    expect(phaseSentence(phase)).not.toMatch(/specs/)
  })

  test('points to the spec for a phase it does not know', () => {
    expect(phaseName('crossCheck')).toBe('Cross check')
    expect(phaseSentence('crossCheck')).toMatch(/specs\/0007/)
  })

  test('says of every state what it means for pay', () => {
    expect(epochStateSentences.noResult).toMatch(/nobody was paid/)
    expect(Object.keys(epochStateSentences)).toEqual(['open', 'pending', 'active', 'disabled', 'noResult'])
  })
})

function setup(epochs: readonly number[]): { subnet: SubnetJson; details: EpochDetailJson[] } {
  const state = new FakeState(() => 1_800_000_000_000)
  return {
    subnet: fakeNetwork(state).subnets[0] as SubnetJson,
    details: epochs.map((epoch) => fakeEpoch(state, epoch) as EpochDetailJson),
  }
}
