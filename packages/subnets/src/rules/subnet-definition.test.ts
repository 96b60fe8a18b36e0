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

  it('refuses definitions that cannot be registered or recomputed', () => {
    const define = (changes: object) => () => subnetFromDefinition({ ...digestSubnet, ...changes })
    expect(define({ name: '' })).toThrow(/name/)
    expect(define({ name: 'x'.repeat(65) })).toThrow(/name/)
    expect(define({ version: 0 })).toThrow(/version/)
    expect(define({ parameters: { share: 0.1 } })).toThrow(/parameters\.share/)
    expect(define({ combine: { movingAveragePpm: 0 } })).toThrow(/movingAveragePpm/)
  })
})
