import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineMechanism, defineSubnet, isSubnetFile, type SubnetFile } from './define-subnet.ts'

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

  it('takes several mechanisms, in place of one kind of questions', () => {
    const { name, version, ...questions } = file
    const one = defineMechanism({ ...questions, name: 'one', shareBps: 4_000 })
    const other = defineMechanism({ ...questions, name: 'other', shareBps: 6_000, aggregate: 'crps', weights: 'wta' })
    expect(isSubnetFile(defineSubnet({ name, version, mechanisms: [one, other] }))).toBe(true)
    const bad: readonly (readonly [string, unknown])[] = [
      ['mechanisms must be 1 to 8', []],
      ['mechanisms must be 1 to 8', Array.from({ length: 9 }, () => one)],
      ['mechanisms must have shareBps', [one]],
      ['mechanisms must ask at most 64', [one, { ...other, tasks: 57 }]],
      ['mechanisms[1].name', [one, { ...other, name: 'one' }]],
      ['mechanisms[0].name', [{ ...one, name: 'One' }, other]],
      ['mechanisms[0].shareBps', [{ ...one, shareBps: 0 }, other]],
      ['mechanisms[0].score', [{ ...one, score: undefined }, other]],
      ['mechanisms[0].aggregate must be of one epoch', [{ ...one, aggregate: 'ewma' }, other]],
      ['mechanisms[0].weights', [{ ...one, weights: 'all' }, other]],
      ['mechanisms[0].version', [{ ...one, version: 1 }, other]],
      ['mechanisms[1]', [one, null]],
    ]
    for (const [problem, mechanisms] of bad) {
      expect(() => defineSubnet({ name, version, mechanisms } as never)).toThrow(`The subnet's ${problem}`)
    }
    // @ts-expect-error: one kind of questions, or mechanisms
    expect(() => defineSubnet({ ...file, mechanisms: [one, other] })).toThrow(/The subnet's task is not a field/)
    // @ts-expect-error: each mechanism has its own
    expect(() => defineSubnet({ name, version, mechanisms: [one, other], tasks: 4 })).toThrow(/tasks is not a field/)
  })

  it('refuses an aggregator that waits for verdicts, and says so', () => {
    expect(() => defineSubnet({ ...file, aggregator: 'refereed' as never })).toThrow(/refereed goes by verdicts/)
    expect(isSubnetFile(defineSubnet({ ...file, aggregator: 'stakeMedian' }))).toBe(true)
  })

  it('refuses what is no definition', () => {
    for (const value of [null, undefined, 'file']) expect(() => defineSubnet(value as never)).toThrow(/definition/)
  })
})
