import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSubnet, isSubnetFile, type SubnetFile } from './define-subnet.ts'

const file: SubnetFile<number, number> = {
  name: 'echo',
  version: 1,
  task: z.number(),
  response: z.number(),
  sample: (random) => random.below(9),
  score: (task, response) => (task === response ? 1_000_000 : 0),
}

describe('defineSubnet', () => {
  it('gives the definition, frozen, and knows it again', () => {
    const subnet = defineSubnet(file)
    expect(subnet).toEqual(file)
    expect(Object.isFrozen(subnet)).toBe(true)
    expect(isSubnetFile(subnet)).toBe(true)
    for (const other of [file, { ...subnet }, null, undefined, 5]) expect(isSubnetFile(other)).toBe(false)
  })

  it.each([
    ['name', ''],
    ['name', 'x'.repeat(65)],
    ['name', 5],
    ['version', 0],
    ['version', 1.5],
    ['tasks', 0],
    ['tasks', 65],
    ['scoreTimeoutMs', 9],
    ['answerBytes', 1_023],
    ['answerBytes', 262_145],
    ['task', undefined],
    ['response', {}],
    ['sample', undefined],
    ['serve', 'text'],
    ['verify', true],
    ['score', undefined],
    ['aggregate', 'best'],
    ['weights', { topk: 0 }],
    ['aggregator', 'dictator'],
    ['aggregator', 'toString'],
    ['reward', 1],
  ])('refuses %s %j by its name', (field, value) => {
    const changed = { ...file, [field]: value } as never
    expect(() => defineSubnet(changed)).toThrow(new RegExp(`The subnet's ${field} `))
  })

  it('refuses what is no definition', () => {
    for (const value of [null, undefined, 'file']) expect(() => defineSubnet(value as never)).toThrow(/definition/)
  })
})
