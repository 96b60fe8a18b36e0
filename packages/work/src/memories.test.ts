import { describe, expect, it } from 'vitest'
import { DelegationMemory } from './delegations.ts'
import { NonceMemory } from './nonces.ts'
import { nowMs, party } from './receipt.test-fixture.ts'

const [a, b] = [`0x${'aa'.repeat(20)}`, `0x${'bb'.repeat(20)}`] as const
const nonce = (index: number) => `0x${index.toString(16).padStart(32, '0')}` as const

describe('NonceMemory', () => {
  it('knows a nonce of a sender until it expires', () => {
    const memory = new NonceMemory()
    expect(memory.use(a, nonce(1), 100, 0)).toBe('fresh')
    expect(memory.use(a, nonce(1), 100, 50)).toBe('seen')
    expect(memory.use(b, nonce(1), 100, 50)).toBe('fresh')
    expect(memory.use(a, nonce(1), 200, 100)).toBe('fresh')
    expect(memory.size).toBe(2)
  })

  it('is bounded a sender, makes room by expiry, and forgets on sweep', () => {
    const memory = new NonceMemory({ maximumPerSender: 3 })
    for (let index = 0; index < 3; index++) expect(memory.use(a, nonce(index), 100, 0)).toBe('fresh')
    expect(memory.use(a, nonce(9), 100, 0)).toBe('full')
    expect(memory.use(b, nonce(9), 100, 0)).toBe('fresh')
    expect(memory.use(a, nonce(9), 300, 200)).toBe('fresh')
    memory.sweep(400)
    expect(memory.size).toBe(0)
  })

  it('is bounded in all, so that many senders cannot fill it either', () => {
    const memory = new NonceMemory({ maximum: 2 })
    expect([memory.use(a, nonce(1), 100, 0), memory.use(b, nonce(1), 100, 0)]).toEqual(['fresh', 'fresh'])
    expect(memory.use(`0x${'cc'.repeat(20)}`, nonce(1), 100, 0)).toBe('full')
    expect(memory.use(`0x${'cc'.repeat(20)}`, nonce(1), 300, 200)).toBe('fresh')
  })
})

describe('DelegationMemory', () => {
  it('remembers what it has checked, and nothing that differs in any field', () => {
    const { delegation } = party(1)
    const memory = new DelegationMemory({ maximum: 1 })
    expect([memory.holds(delegation, nowMs), memory.holds(delegation, nowMs)]).toEqual([true, true])
    expect(memory.holds(delegation, delegation.validUntil * 1000)).toBe(false)
    expect(memory.holds({ ...delegation, validUntil: delegation.validUntil + 1 }, nowMs)).toBe(false)
    expect(memory.holds({ ...delegation, signature: `0x${'11'.repeat(65)}` }, nowMs)).toBe(false)
    const other = party(2).delegation
    expect([memory.holds(other, nowMs), memory.holds(delegation, nowMs)]).toEqual([true, true])
  })
})
