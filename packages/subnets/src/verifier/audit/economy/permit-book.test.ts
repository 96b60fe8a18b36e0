import type { Address } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PermitBook, type PermitEvent, type Weighed } from './permit-book.ts'

const hotkeys = ['aa', 'bb', 'cc', 'dd'].map((byte) => `0x${byte.repeat(20)}` as Address) as [
  Address,
  Address,
  Address,
  Address,
]
const netuid = 1
const minimum = 10n

function bookOf(maxValidators: number) {
  const weights = new Map<Address, Weighed>()
  const weighed = (_: number, hotkey: Address): Weighed =>
    weights.get(hotkey) ?? { netuid, hotkey, weight: 0n, isRegistered: false }
  const book = new PermitBook(weighed)
  book.onSubnet(netuid, { minValidatorStake: minimum, maxValidators })
  const told = (name: PermitEvent['name'], hotkey: Address, args: object, seconds: number): void =>
    book.apply({ name, args: { netuid, hotkey, ...args }, seconds } as PermitEvent)
  return {
    book,
    seek: (hotkey: Address, seeks = true, seconds = 1) => told('PermitSought', hotkey, { seeks }, seconds),
    weigh(hotkey: Address, weight: bigint, seconds = 1, isRegistered = true) {
      const before = weighed(netuid, hotkey).weight
      const entry = { netuid, hotkey, weight, isRegistered }
      weights.set(hotkey, entry)
      book.look(entry, seconds, weight >= before)
    },
    announce: (hotkey: Address, permittedStake: bigint, seconds = 1) =>
      told('PermittedStakeChanged', hotkey, { permittedStake, totalPermittedStake: 0n }, seconds),
    holders: (seconds = 1) => book.permittedAt(netuid, seconds).map(({ hotkey }) => hotkey),
  }
}

describe('permits', () => {
  const [a, b, c, d] = hotkeys

  it('are for those who seek them, sit in a seat and weigh the minimum', () => {
    const { seek, weigh, holders } = bookOf(4)
    weigh(a, 100n)
    expect(holders()).toEqual([])
    seek(a)
    seek(b)
    weigh(b, minimum - 1n)
    seek(c)
    weigh(c, 50n, 1, false)
    expect(holders()).toEqual([a])
    weigh(b, minimum)
    expect(holders()).toEqual([a, b])
    seek(a, false)
    expect(holders()).toEqual([b])
  })

  it('pass to who comes in with more, of equals the first in the contract’s order', () => {
    const { seek, weigh, holders } = bookOf(2)
    for (const hotkey of hotkeys) seek(hotkey)
    weigh(a, 20n)
    weigh(b, 20n)
    weigh(c, 20n)
    expect(holders()).toEqual([a, b])
    weigh(c, 21n)
    expect(holders()).toEqual([b, c])
    // c took the last place after b had moved to the first.
    weigh(c, 20n)
    weigh(d, 30n)
    expect(holders()).toEqual([c, d])
  })

  it('are not won by who falls, and are won by who is looked at later', () => {
    const { seek, weigh, announce, holders } = bookOf(1)
    for (const hotkey of [a, b]) seek(hotkey)
    weigh(a, 40n)
    weigh(b, 40n)
    weigh(a, 15n)
    // b was never looked at again; when it is, an event says so.
    expect(holders()).toEqual([a])
    announce(b, 40n)
    expect(holders()).toEqual([b])
    weigh(b, 39n)
    weigh(a, 14n)
    expect(holders()).toEqual([b])
  })

  it('remember when they were lost, and totals by second', () => {
    const { book, seek, weigh } = bookOf(2)
    seek(a, true, 1)
    weigh(a, 30n, 2)
    weigh(a, 5n, 7)
    expect([book.heldUntil(netuid, a, 6), book.heldUntil(netuid, a, 9), book.heldUntil(netuid, b, 9)]).toEqual([
      7, 7, 0,
    ])
    expect([1, 2, 6, 7].map((second) => book.totalAt(netuid, second))).toEqual([0n, 30n, 30n, 0n])
  })

  it('never exceed their number, and sum to the total', () => {
    const move = fc.record({ who: fc.constantFrom(...hotkeys), weight: fc.bigInt(0n, 40n), seeks: fc.boolean() })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const { book, seek, weigh } = bookOf(2)
        moves.forEach(({ who, weight, seeks }, second) => {
          if (weight < 4n) seek(who, seeks, second)
          weigh(who, weight, second)
          const held = book.permittedAt(netuid, second)
          expect(held.length).toBeLessThanOrEqual(2)
          expect(held.every(({ stake }) => stake >= minimum)).toBe(true)
          expect(held.reduce((sum, { stake }) => sum + stake, 0n)).toBe(book.totalAt(netuid, second))
        })
      }),
    )
  })
})
