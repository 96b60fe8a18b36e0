import { describe, expect, it } from 'vitest'
import { type Origin, whoMakesRoom } from './fair-room.ts'

const from = (...origin: string[]): { readonly origin: Origin } => ({ origin })
const fill = (count: number, origin: (place: number) => Origin) =>
  Array.from({ length: count }, (_, place) => ({ origin: origin(place), place }))

describe('room that is given by turns', () => {
  it('goes to a newcomer from elsewhere, at the cost of who holds most, the newest first', () => {
    const held = [from('a', 'a1', 'x'), ...fill(9, (place) => ['b', `b${place}`, `${place}`])]
    expect(whoMakesRoom(held, ['c', 'c1', 'y'])).toBe(held.at(-1))
  })

  it('counts all small networks of a wide one together', () => {
    const held = [...fill(6, (place) => ['wide', `half${place % 2}`, `${place}`]), from('a', 'a1', 'x')]
    expect(whoMakesRoom(held, ['wide', 'half3', 'new'])?.origin).toEqual(['wide', 'half1', '5'])
    expect(whoMakesRoom(held, ['a', 'a2', 'y'])?.origin[0]).toBe('wide')
  })

  it('gives nothing to who holds most itself, nor takes it from who holds as little as the newcomer would', () => {
    const held = fill(4, (place) => [`${place}`, `${place}`, `${place}`])
    expect(whoMakesRoom(held, ['4', '4', '4'])).toBeUndefined()
    expect(whoMakesRoom(held, ['1', '1', '1'])).toBeUndefined()
    expect(whoMakesRoom([...held, from('1', '1', '1')], ['4', '4', '4'])).toEqual(from('1', '1', '1'))
    expect(whoMakesRoom([], [])).toBeUndefined()
  })
})
