import { describe, expect, it } from 'vitest'
import { packRow } from '../weight-row.ts'
import { type DecentralizationFacts, decentralizationReport } from './network-report.ts'

const account = (byte: string) => `0x${byte.repeat(20)}`
const [ann, bob, eve, pot] = ['0a', '0b', '0e', 'cc'].map(account) as [string, string, string, string]
const row = (...weights: readonly (readonly [number, number])[]) =>
  packRow(weights.map(([uid, weight]) => ({ uid, weight })))
const facts: DecentralizationFacts = {
  replay: 'agrees',
  stake: [
    [ann, 30n],
    [ann, 10n],
    [bob, 30n],
    [eve, 30n],
  ],
  emission: [[ann, 5n]],
  settled: [
    [ann, 7n],
    [account('ff'), 1_000n],
  ],
  endpoints: [
    [ann, 'https://one.example:8080/a'],
    [bob, 'http://one.example'],
    [eve, 'ftp://one.example'],
  ],
  owners: [],
  funders: [
    [bob, pot],
    [eve, account('00')],
  ],
  contracts: [pot],
  subnets: [
    {
      netuid: 1,
      epochSeconds: 60,
      activationDelaySeconds: 50,
      judges: [ann, bob, eve],
      rows: [row([0, 1], [1, 2]), row([0, 1], [1, 3])],
    },
    { netuid: 2, epochSeconds: 600_000, activationDelaySeconds: 90, judges: [ann, bob], rows: [] },
  ],
  exitSeconds: 300,
}

describe('a report of decentralization', () => {
  const report = decentralizationReport(facts)
  const layerOf = (name: string) => report.layers.find((layer) => layer.name === name)

  it('adds up by address, and by host and funder, contracts and other schemes left out', () => {
    expect(layerOf('stake')?.byAddress).toMatchObject({ holders: 3, total: 100n, nakamotoThird: 1 })
    expect(layerOf('stake')?.byEntity).toMatchObject({ holders: 2, total: 100n, topOnePpm: 700_000 })
    expect(report.entitiesBy).toBe('owner and host')
    const funded = decentralizationReport({ ...facts, funders: [[eve, ann]] })
    expect(funded.layers[0]?.byEntity.holders).toBe(1)
    expect(funded.entitiesBy).toBe('owner, host and first funder')
  })

  it('adds up the hotkeys of one owner, and what it holds itself', () => {
    const cold = account('c0')
    const owners = [
      [ann, cold],
      [eve, cold],
      [bob, bob],
      [bob, pot],
    ] as const
    const owned = decentralizationReport({ ...facts, endpoints: [], stake: [...facts.stake, [cold, 20n]], owners })
    const [stake] = owned.layers
    expect(stake?.byAddress.holders).toBe(4)
    expect(stake?.byOwner).toMatchObject({ holders: 2, total: 120n, topOnePpm: 750_000 })
    expect(stake?.byEntity.holders).toBe(2)
    expect(owned.subnets[0]).toMatchObject({ validators: 3, owners: 2, entities: 2 })
    expect(layerOf('stake')?.byOwner).toEqual(layerOf('stake')?.byAddress)
  })

  it('counts what was sold by seats only', () => {
    expect(layerOf('workSold')?.byAddress).toMatchObject({ holders: 1, total: 7n })
  })

  it('counts who may judge, and how alike they do', () => {
    expect(report.subnets).toEqual([
      { netuid: 1, epochSeconds: 60, validators: 3, owners: 3, entities: 2, agreementPpm: 1_000_000 },
      { netuid: 2, epochSeconds: 600_000, validators: 2, owners: 2, entities: 1, agreementPpm: undefined },
    ])
  })

  it('takes the least of all subnets for the stage', () => {
    const detailOf = (name: string) => report.requirements.find((one) => one.name === name)?.detail
    expect(report).toMatchObject({ stage: 'S0', binding: { name: 'time to leave before a change' } })
    expect(detailOf('time to leave before a change')).not.toContain('subnet 2')
    expect(detailOf('independent validators')).toBe('1 of at least 5 entities may set weights.')
    expect(detailOf('open challenge')).toContain('50 of at least')
    expect(detailOf('free exit')).toContain('5 minutes')
  })

  it('has nothing to say of a network without subnets or stake', () => {
    const empty = decentralizationReport({ ...facts, stake: [], emission: [], settled: [], subnets: [] })
    expect(empty.layers.map(({ byAddress }) => byAddress.holders)).toEqual([0, 0, 0])
    expect(empty.requirements.find(({ name }) => name === 'independent validators')?.state).toBe('failed')
  })
})
