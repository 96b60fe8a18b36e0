import type { ModelJson, NetworkJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { fakeNetwork } from '../../dev/fake-ledger.ts'
import { FakeState } from '../../dev/fake-state.ts'
import { crewSentence, smallModelSentence } from './welcome-words.ts'

const network = fakeNetwork(new FakeState(() => 1_795_000_000_000)) as NetworkJson
const model: ModelJson = {
  id: 'koinon-demo',
  name: 'koinon-demo',
  parameters: 1_049_728,
  manifest: '0x00',
  promptPricePicoUsdPerToken: '1',
  outputPricePicoUsdPerToken: '1',
  providers: 3,
}

describe('crewSentence', () => {
  test('counts who is online and says that one machine plays all the parts', () => {
    expect(crewSentence(network)).toMatch(/^\d+ miners answer, \d+ validators check, all on this machine$/)
  })

  test('counts only what the supervisor runs as of this machine, whatever address a stranger gives', () => {
    const [subnet] = network.subnets
    if (subnet === undefined) throw new Error('the fake network has a subnet')
    const [first, ...others] = subnet.neurons.map((neuron) => ({ ...neuron, online: true }))
    if (first === undefined) throw new Error('the fake network has neurons')
    const { name: _name, ...stranger } = { ...first, endpoint: 'http://127.0.0.1:1' }
    const neurons = [stranger, ...others]
    expect(crewSentence({ ...network, subnets: [{ ...subnet, neurons }] })).toContain(
      `, ${others.length} of them on this machine`,
    )
  })

  test('claims nothing of this machine when the supervisor runs none of them', () => {
    const [subnet] = network.subnets
    if (subnet === undefined) throw new Error('the fake network has a subnet')
    const neurons = subnet.neurons.map(({ name: _name, ...neuron }) => ({ ...neuron, online: true }))
    expect(crewSentence({ ...network, subnets: [{ ...subnet, neurons }] })).not.toContain('this machine')
  })

  test('counts nobody before the network is known or when no miner is online', () => {
    expect(crewSentence(undefined)).toBe('Answered by miners, checked by validators')
    expect(crewSentence({ ...network, subnets: [] })).toBe('Answered by miners, checked by validators')
  })
})

describe('smallModelSentence', () => {
  test('warns where only a small model is served', () => {
    expect(smallModelSentence([model])).toMatch(/^A demo model of 1 million parameters answers here/)
  })

  test.each([
    ['a large model is served too', [model, { ...model, parameters: 8_000_000_000 }]],
    ['a size is not stated', [{ ...model, parameters: 0 }]],
    ['no model is served', []],
  ])('says nothing when %s', (_, models) => {
    expect(smallModelSentence(models)).toBeUndefined()
  })
})
