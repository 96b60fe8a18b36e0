import { createSessionSigner, type Hex, sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { answer, chainId, nowMs, party, user } from './receipt.test-fixture.ts'
import { type Receipt, receiptType } from './receipt.ts'
import { type ListedReceipt, parseReceiptListMemory, ReceiptListAudit, type ReceiptListMemory } from './receipt-list.ts'
import { emptySession, type SessionTip, signReceiptBatch } from './receipt-signing.ts'

const payee = party(2)
const other = party(3)
/** The same account with another session key. */
const restarted = { ...payee, signer: createSessionSigner(new Uint8Array(32).fill(9)) }
const period = { fromMs: nowMs, toMs: nowMs + 60_000 }

let requests = 0

type Books = { tip: SessionTip; owed: bigint }
const newBooks = (): Books => ({ tip: emptySession, owed: 0n })

/** Receipts as an honest payee's books give them; each costs 5 pico-dollars. */
function serve(
  books: Books,
  count: number,
  how: { who?: typeof payee; changes?: Partial<Receipt> } = {},
): ListedReceipt[] {
  const answers = Array.from({ length: count }, () => {
    books.owed += 5n
    return answer(user, how.who ?? payee, {
      requestId: sha256Hex(`request ${requests++}`).slice(0, 34) as Hex,
      cumulativePicoUsd: books.owed,
      ...how.changes,
    })
  })
  const { signed, tip } = signReceiptBatch(answers, books.tip, how.who ?? payee)
  books.tip = tip
  return signed.map(({ receipt }) => line(receipt))
}

function line(receipt: Receipt): ListedReceipt {
  return {
    requestId: receipt.requestId,
    receiptHash: receiptType.hash(receipt),
    receipt: JSON.parse(JSON.stringify(receiptType.toJson(receipt))),
  }
}

function audit(lines: readonly ListedReceipt[], earlier?: ReceiptListMemory) {
  const list = new ReceiptListAudit({ payee: payee.delegation.signer, chainId, ...period, earlier })
  // In two pages, as lists travel.
  list.add(lines.slice(0, 2))
  list.add(lines.slice(2))
  const failed = list.checks().filter(({ state }) => state === 'fail')
  return { failed: failed.map(({ name }) => name), details: failed.map(({ detail }) => detail), list }
}

describe('a list of receipts', () => {
  it('passes when it is whole, over restarts and several channels', () => {
    const books = newBooks()
    const first = serve(books, 3)
    const abroad = serve({ ...books, owed: 0n }, 2, { changes: { channelId: sha256Hex('abroad') } })
    // A restart opens a new session; the bill goes on.
    const second = serve({ tip: emptySession, owed: books.owed }, 2, { who: restarted })
    const { failed, list } = audit([...first, ...abroad, ...second])
    expect(failed).toEqual([])
    expect(list.channels()).toEqual([
      { channelId: sha256Hex('channel'), payer: user, cumulativePicoUsd: 25n },
      { channelId: sha256Hex('abroad'), payer: user, cumulativePicoUsd: 10n },
    ])
    expect(list.checks().map(({ name, state }) => `${name} ${state}`)).toEqual([
      'receipt pass',
      'repeated pass',
      'epoch pass',
      'links pass',
      'amounts pass',
    ])
  })

  it('shows a receipt that was left out, in the session and in the bill', () => {
    const [a, b, c, d] = serve(newBooks(), 4) as [ListedReceipt, ListedReceipt, ListedReceipt, ListedReceipt]
    const { failed, details } = audit([a, b, d])
    expect(failed).toEqual(['links', 'amounts'])
    expect(details[0]).toContain('is number 3 of its session, after number 1')
    expect(details[1]).toContain('follows 15 pico-dollars, its channel owed 10')
    expect(audit([a, b, c, d]).failed).toEqual([])
  })

  it('shows it in the bill too when a payee keeps unwelcome receipts in a session apart', () => {
    const books = newBooks()
    const shown = serve(books, 1)
    const apart: Books = { tip: emptySession, owed: books.owed }
    serve(apart, 1, { who: restarted })
    books.owed = apart.owed
    expect(audit([...shown, ...serve(books, 1)]).failed).toEqual(['amounts'])
  })

  it('goes on where the list of the period before ended', () => {
    const books = newBooks()
    const { list } = audit(serve(books, 3))
    const memory = parseReceiptListMemory(JSON.parse(JSON.stringify(list.memory())))
    const skipped = structuredClone({ owed: books.owed, tip: books.tip })
    const next = serve(books, 2)
    expect(audit(next, memory).failed).toEqual([])
    serve(skipped, 1)
    const gap = serve(skipped, 1)
    expect(audit(gap, memory).failed).toEqual(['links', 'amounts'])
    // Nothing is held against a payee whose last list nobody saw.
    expect(audit(gap).failed).toEqual([])
  })

  it('takes a session that does not begin at 0 for a cut one when the list before is known', () => {
    const books = newBooks()
    serve(books, 1)
    expect(audit(serve(books, 2), { sessions: [], channels: [] }).failed).toEqual(['links'])
  })

  it('does not accuse a payee that lost debts with its disk', () => {
    const { list } = audit(serve(newBooks(), 3))
    const lines = serve(newBooks(), 1, { who: restarted })
    expect(audit(lines, list.memory()).failed).toEqual([])
  })

  it.each([
    ['receipt', 'of another payee', () => serve(newBooks(), 1, { who: other })],
    ['receipt', 'of another chain', () => serve(newBooks(), 1, { changes: { chainId: 1 } })],
    ['receipt', 'under a hash that is not its own', () => withLine(0, { receiptHash: sha256Hex('x') })],
    ['receipt', 'under the id of another request', () => withLine(0, { requestId: `0x${'99'.repeat(16)}` })],
    ['receipt', 'that is not shown', () => withLine(1, { receipt: undefined })],
    ['epoch', 'that ended before', () => serve(newBooks(), 2, { changes: { endedAtMs: period.fromMs - 1 } })],
    ['epoch', 'that ended after', () => serve(newBooks(), 1, { changes: { endedAtMs: period.toMs } })],
    ['repeated', 'for one request', () => serve(newBooks(), 2, { changes: { requestId: `0x${'07'.repeat(16)}` } })],
  ])('fails %s for receipts %s', (name, _, lines) => {
    expect(audit(lines()).failed[0]).toBe(name)
  })

  it('names one payer a channel', () => {
    const books = newBooks()
    const lines = [...serve(books, 1), ...serve(books, 1, { changes: { payer: `0x${'12'.repeat(20)}` } })]
    expect(audit(lines).failed).toEqual(['amounts'])
  })

  it('takes nothing that is no memory for one', () => {
    for (const json of [undefined, null, 5, {}, { sessions: [] }]) expect(parseReceiptListMemory(json)).toBeUndefined()
  })
})

function withLine(index: number, change: Partial<ListedReceipt>): ListedReceipt[] {
  const lines = serve(newBooks(), 2)
  lines[index] = { ...(lines[index] as ListedReceipt), ...change }
  return lines
}
