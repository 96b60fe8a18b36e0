import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entitiesOf, type Link } from './entities.ts'

describe('entities', () => {
  it('joins what is linked through others, and leaves the rest alone', () => {
    const entityOf = entitiesOf([
      ['b', 'host 1'],
      ['c', 'host 1'],
      ['c', 'a'],
    ])
    expect(['a', 'b', 'c', 'd'].map(entityOf)).toEqual(['a', 'a', 'a', 'd'])
  })

  it('does not depend on the order or direction of links', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name)), (links) => {
        const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
        const turned = [...links].reverse().map(([left, right]): Link => [right, left])
        expect(names.map(entitiesOf(turned))).toEqual(names.map(entitiesOf(links)))
      }),
    )
  })
})
