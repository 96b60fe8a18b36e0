import type { NetworkJson, NeuronJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { fakeNetwork } from '../../dev/fake-ledger.ts'
import { FakeState } from '../../dev/fake-state.ts'
import { fewestSigners, trustPoints } from './trust.ts'

describe('trustPoints', () => {
  test('says first that a local network has one operator and one sequencer', () => {
    const titles = trustPoints(setup({})).map((point) => point.title)
    expect(titles.slice(0, 2)).toEqual(['One operator holds 100 %', 'One sequencer'])
    expect(titles).toContain('2 validators of 3 can decide subnet 1')
    expect(titles).toContain('The gateway')
    expect(titles).toContain('Who could read marks early')
    expect(titles).toContain('The page you look at')
  })

  test('claims no single operator when machines answer elsewhere, and no sequencer on an external chain', () => {
    const network = setup({ endpoint: 'https://miner.example:9101', chainKind: 'external' })
    const titles = trustPoints(network).map((point) => point.title)
    expect(titles).not.toContain('One operator holds 100 %')
    expect(titles).not.toContain('One sequencer')
  })

  test('says in plain words who could open sealed marks early, and what others had to open', () => {
    const network = setup({})
    const sentence = sealSentence(network)
    expect(sentence).toContain('On this network its operator has the key, and could look early.')
    expect(sentence).toContain('Of the last 12 lists of marks in subnet 1, 1 had to be opened by others')
    expect(sentence).not.toMatch(/stand-in|rows|Whose word/)
    const trust = 'drand quicknet: more than half of its operators together can open weights early'
    expect(sealSentence({ ...network, beacon: { kind: 'drand', trust } })).toContain(`Who could look early: ${trust}.`)
    const none = trustPoints({ ...network, beacon: { kind: 'none', trust: 'none' } })
    expect(none.some(({ title }) => title === 'Validators may fall silent')).toBe(true)
    const { beacon: _, ...old } = network
    expect(sealSentence(old)).toBeUndefined()
  })

  test('says nothing of opened marks where others opened none', () => {
    const network = setup({})
    const quiet = (ofLast: number) => ({
      ...network,
      subnets: network.subnets.map((subnet) => ({ ...subnet, openedRows: { byOthers: 0, ofLast } })),
    })
    for (const ofLast of [0, 12]) expect(sealSentence(quiet(ofLast))).not.toContain('Of the last')
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

function sealSentence(network: NetworkJson): string | undefined {
  return trustPoints(network).find(({ title }) => title === 'Who could read marks early')?.sentence
}

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
