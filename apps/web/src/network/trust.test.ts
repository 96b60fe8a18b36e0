import { describe, expect, test } from 'vitest'
import { fakeNetwork } from '../../dev/fake-ledger.ts'
import { FakeState } from '../../dev/fake-state.ts'
import type { NetworkJson, NeuronJson } from '../api/types.ts'
import { fewestSigners, trustPoints } from './trust.ts'

describe('trustPoints', () => {
  test('says first that a local network has one operator and one sequencer', () => {
    const titles = trustPoints(setup({})).map((point) => point.title)
    expect(titles.slice(0, 2)).toEqual(['One operator holds 100 %', 'One sequencer'])
    expect(titles).toContain('2 validators of 3 can decide subnet 1')
    expect(titles).toContain('The gateway')
    expect(titles).toContain('The beacon is a local stand-in')
    expect(titles).toContain('The page you look at')
  })

  test('claims no single operator when machines answer elsewhere, and no sequencer on an external chain', () => {
    const network = setup({ endpoint: 'https://miner.example:9101', chainKind: 'external' })
    const titles = trustPoints(network).map((point) => point.title)
    expect(titles).not.toContain('One operator holds 100 %')
    expect(titles).not.toContain('One sequencer')
  })

  test('calls a local beacon what it is, and says how many rows others opened', () => {
    const point = trustPoints(setup({})).find(({ title }) => title === 'The beacon is a local stand-in')
    expect(point?.sentence).toContain('local stand-in: whoever runs this network can open rows early')
    expect(point?.sentence).toContain('Of the last 12 rows of subnet 1, others opened 1.')
    const { beacon: _, ...old } = setup({})
    expect(trustPoints(old).some(({ title }) => title.includes('beacon'))).toBe(false)
  })

  test('does not take a name that begins like loopback for loopback', () => {
    const titles = trustPoints(setup({ endpoint: 'https://localhost.example.org' })).map((point) => point.title)
    expect(titles).not.toContain('One operator holds 100 %')
  })
})

describe('fewestSigners', () => {
  test.each([
    [[100], 1, 1],
    [[67, 33], 1, 0.67],
    [[66, 34], 2, 0.66],
    [[2, 1], 2, 0.6666],
    [[10, 10, 10, 10, 10, 10], 5, 0.1666],
    [[0, 0], 0, 0],
    [[], 0, 0],
  ])('stakes %j need %d signers', (stakes, signers, largestShare) => {
    const [subnet] = setup({ stakes }).subnets
    if (subnet === undefined) throw new Error('no subnet')
    expect(fewestSigners(subnet)).toEqual({ signers, largestShare, validators: stakes.length })
  })
})

function setup(options: { endpoint?: string; chainKind?: 'embedded' | 'external'; stakes?: number[] }): NetworkJson {
  const network = fakeNetwork(new FakeState(() => 1_800_000_000_000))
  const [subnet] = network.subnets
  if (subnet === undefined) throw new Error('no subnet')
  const neurons = subnet.neurons.map((neuron) => ({ ...neuron, endpoint: options.endpoint ?? neuron.endpoint }))
  const validator = neurons.find((neuron) => neuron.kind === 'validator') as NeuronJson
  const staked = options.stakes?.map((stake, uid) => ({ ...validator, uid, stakeAtomic: String(stake) }))
  return {
    ...network,
    chainKind: options.chainKind ?? network.chainKind,
    subnets: [{ ...subnet, neurons: staked ?? neurons }],
  }
}
