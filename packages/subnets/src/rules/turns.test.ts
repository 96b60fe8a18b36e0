import { type Address, toAddress } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { turnOf } from './turns.ts'

const account = (index: number): Address => toAddress(`0x${(index + 1).toString(16).padStart(40, '0')}`)
const permitted = [0, 1, 2].map((index) => ({ hotkey: account(index), stake: 1n }))

describe('turnOf', () => {
  it('gives each permitted hotkey a place of its own, and every epoch to the next', () => {
    const lines = [0, 1, 2, 3].map((epoch) => permitted.map(({ hotkey }) => turnOf(permitted, hotkey, epoch)))
    expect(lines).toEqual([
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
      [0, 1, 2],
    ])
  })

  it('puts who has no permit behind all of them, first where there are none', () => {
    expect([0, 1, 5].map((epoch) => turnOf(permitted, account(9), epoch))).toEqual([3, 3, 3])
    expect(turnOf([], account(0), 4)).toBe(0)
  })
})
