import { describe, expect, it } from 'vitest'
import { testParty, testSession } from '../testing/parties.ts'
import { DelegationMemory } from './delegations.ts'
import { NonceMemory } from './nonces.ts'

const [a, b] = [`0x${'aa'.repeat(20)}`, `0x${'bb'.repeat(20)}`] as const
const nonce = (index: number) => `0x${index.toString(16).padStart(32, '0')}` as const

describe('NonceMemory', () => {
  it('knows a nonce of a sender until it expires', () => {
    const memory = new NonceMemory()
    expect(memory.use(a, nonce(1), 100, 0)).toBe(true)
    expect(memory.use(a, nonce(1), 100, 50)).toBe(false)
    expect(memory.use(b, nonce(1), 100, 50)).toBe(true)
    expect(memory.use(a, nonce(1), 200, 100)).toBe(true)
  })

  it('is bounded a sender, makes room by expiry, and forgets on sweep', () => {
    const memory = new NonceMemory({ maximumPerSender: 3 })
    for (let index = 0; index < 3; index++) expect(memory.use(a, nonce(index), 100, 0)).toBe(true)
    expect(memory.use(a, nonce(9), 100, 0)).toBe(false)
    expect(memory.use(b, nonce(9), 100, 0)).toBe(true)
    expect(memory.use(a, nonce(9), 300, 200)).toBe(true)
    memory.sweep(400)
    expect(memory.size).toBe(0)
  })
})

describe('DelegationMemory', () => {
  it('remembers what it has checked, and nothing that differs in any field', async () => {
    const { delegation } = await testSession(testParty('memory'))
    const memory = new DelegationMemory({ maximum: 1 })
    const now = Date.now()
    expect([memory.holds(delegation, now), memory.holds(delegation, now)]).toEqual([true, true])
    expect(memory.holds(delegation, delegation.validUntil * 1000)).toBe(false)
    expect(memory.holds({ ...delegation, validUntil: delegation.validUntil + 1 }, now)).toBe(false)
    expect(memory.holds({ ...delegation, signature: `0x${'11'.repeat(65)}` }, now)).toBe(false)
    const other = (await testSession(testParty('memory'))).delegation
    expect([memory.holds(other, now), memory.holds(delegation, now)]).toEqual([true, true])
  })
})
