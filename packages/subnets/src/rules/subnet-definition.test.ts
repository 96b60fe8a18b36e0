import { sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { digestSource, digestSubnet } from '../testing/digest-subnet.ts'
import { stakeMedian } from './stake-median.ts'
import { subnetFromDefinition } from './subnet-definition.ts'

describe('subnetFromDefinition', () => {
  it('brings the aggregator along', () => {
    expect(digestSubnet.aggregator).toBe(stakeMedian)
  })

  it('has a spec hash that changes with everything that changes behaviour, and with nothing else', () => {
    const hashes = [
      digestSubnet,
      subnetFromDefinition({ ...digestSubnet, name: 'other' }),
      subnetFromDefinition({ ...digestSubnet, version: 2 }),
      subnetFromDefinition({ ...digestSubnet, parameters: { samples: 5 } }),
      subnetFromDefinition({ ...digestSubnet, combine: { movingAveragePpm: 5 } }),
    ].map((subnet) => subnet.specHash(digestSource))
    expect(new Set([...hashes, digestSubnet.specHash(sha256Hex('other source'))]).size).toBe(6)
    const orders = [
      { a: 1, b: 'x' },
      { b: 'x', a: 1 },
    ].map((parameters) => subnetFromDefinition({ ...digestSubnet, parameters }).specHash(digestSource))
    expect(orders[0]).toBe(orders[1])
    expect(subnetFromDefinition({ ...digestSubnet }).specHash(digestSource)).toBe(hashes[0])
  })

  it.each([
    ['name', ''],
    ['name', 'x'.repeat(65)],
    ['version', 0],
    ['parameters.share', 0.1, { parameters: { share: 0.1 } }],
    ['combine.movingAveragePpm', 0, { combine: { movingAveragePpm: 0 } }],
    ['combine.movingAveragePpm', null, { combine: null }],
    ['aggregatorName', 'dictator'],
    ['aggregatorName', 'toString'],
    ['aggregatorName', 'refereed'],
    ['aggregatorName', undefined],
    ['weights', 'all'],
    ['weights', { topk: 0 }],
  ])('refuses %s %j by its name', (field, value, changes: object = { [field]: value }) => {
    let problem: unknown
    try {
      subnetFromDefinition({ ...digestSubnet, ...changes })
    } catch (error) {
      problem = error
    }
    expect(problem).toMatchObject({
      code: 'subnets/bad-definition',
      message: expect.stringContaining(`The subnet's ${field} must be`),
      details: { field },
    })
  })
})
