import type { Address, Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { TransactionPool, type WaitingTransaction } from './transaction-pool.ts'

const alice: Address = `0x${'a1'.repeat(20)}`
const bob: Address = `0x${'b0'.repeat(20)}`
const limits = { maxWaiting: 10, maxWaitingPerSender: 4, maxWaitingBytes: 1000 }
const wide = { maxTransactions: 100, gasLimit: 1_000_000n, maxBytes: 10_000 }

describe('TransactionPool.select', () => {
  it('keeps arrival order as far as nonces allow', () => {
    const { pool, put } = setup()
    put(alice, 1)
    put(bob, 0)
    put(alice, 0)
    put(bob, 1)
    const { ready } = pool.select(
      new Map([
        [alice, 0],
        [bob, 0],
      ]),
      wide,
    )
    expect(ready.map(name)).toEqual(['b0', 'a0', 'a1', 'b1'])
  })

  it('separates used nonces and gaps', () => {
    const { pool, put } = setup()
    for (const nonce of [4, 5, 7]) put(alice, nonce)
    const { stale, ready, gapped } = pool.select(new Map([[alice, 5]]), wide)
    expect([stale, ready, gapped].map((list) => list.map(name))).toEqual([['a4'], ['a5'], ['a7']])
  })

  it('looks only at senders whose nonce is given', () => {
    const { pool, put } = setup()
    put(alice, 0)
    put(bob, 0)
    expect(pool.select(new Map([[bob, 0]]), wide).ready.map(name)).toEqual(['b0'])
  })

  it.each([
    ['transactions', { ...wide, maxTransactions: 2 }],
    ['gas', { ...wide, gasLimit: 200n }],
    ['bytes', { ...wide, maxBytes: 25 }],
  ])('cuts a block at its %s', (_, blockLimits) => {
    const { pool, put } = setup()
    for (const nonce of [0, 1, 2]) put(alice, nonce)
    expect(pool.select(new Map([[alice, 0]]), blockLimits).ready.map(name)).toEqual(['a0', 'a1'])
  })
})

describe('TransactionPool.add', () => {
  it('keeps the first transaction of a nonce', () => {
    const { put } = setup()
    expect(put(alice, 0)).toBeUndefined()
    expect(put(alice, 0)).toBe('nonce-taken')
  })

  it('is bounded per sender, in number and in bytes, and frees what is removed', () => {
    const { pool, put, waiting } = setup()
    for (const nonce of [0, 1, 2, 3]) put(alice, nonce)
    expect(put(alice, 4)).toBe('sender-full')
    for (const nonce of [0, 1, 2, 3]) put(bob, nonce)
    const carol: Address = `0x${'c0'.repeat(20)}`
    expect(put(carol, 0, 950)).toBe('full')
    expect(put(carol, 0)).toBeUndefined()
    expect(put(carol, 1)).toBeUndefined()
    expect(put(carol, 2)).toBe('full')
    pool.remove(waiting[0] as WaitingTransaction)
    pool.remove(waiting[0] as WaitingTransaction)
    expect(pool.size).toBe(9)
    expect(put(carol, 2)).toBeUndefined()
  })
})

describe('TransactionPool.nextNonce', () => {
  it('counts waiting transactions up to the first gap', () => {
    const { pool, put } = setup()
    for (const nonce of [3, 4, 6]) put(alice, nonce)
    expect([pool.nextNonce(alice, 3), pool.nextNonce(alice, 2), pool.nextNonce(bob, 9)]).toEqual([5, 2, 9])
  })
})

function setup() {
  const pool = new TransactionPool(limits)
  const waiting: WaitingTransaction[] = []
  const put = (sender: Address, nonce: number, bytes = 10) => {
    const hash: Hex = `0x${waiting.length.toString(16).padStart(64, '0')}`
    const amounts = { gasLimit: 100n, maxFeePerGas: 1n, maxCostWei: 100n, bytes }
    const transaction = {
      raw: '0x',
      hash,
      nonce,
      ...amounts,
      recoveryInput: '0x',
      sender,
      sequence: waiting.length,
      receivedAtMs: 0,
    } as const
    waiting.push(transaction)
    return pool.add(transaction)
  }
  return { pool, put, waiting }
}

function name(transaction: WaitingTransaction): string {
  return `${transaction.sender[2]}${transaction.nonce}`
}
