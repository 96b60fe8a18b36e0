import { verifySession, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { answer, party, user } from './receipt.test-fixture.ts'
import { receiptType } from './receipt.ts'
import { emptySession, signReceiptBatch, verifyReceiptSignature } from './receipt-signing.ts'

describe('signReceiptBatch', () => {
  it('links receipts in order, over batches too, with one signature a batch', () => {
    const payee = party(1)
    const first = signReceiptBatch([answer(user, payee), answer(user, payee)], emptySession, payee)
    const second = signReceiptBatch([answer(user, payee)], first.tip, payee)
    const all = [...first.signed, ...second.signed]
    expect(all.map((signed) => signed.receipt.sequence)).toEqual([0, 1, 2])
    expect(all.map((signed) => signed.receipt.previousReceipt)).toEqual([
      zeroHash,
      ...all.slice(0, 2).map((signed) => receiptType.hash(signed.receipt)),
    ])
    expect(first.signed[0]?.signature).toBe(first.signed[1]?.signature)
    for (const signed of all) expect(verifyReceiptSignature(signed, verifySession)).toBe(true)
  })

  it('makes a receipt of one batch worthless with the signature of another', () => {
    const payee = party(1)
    const a = signReceiptBatch([answer(user, payee)], emptySession, payee)
    const b = signReceiptBatch([answer(user, payee)], a.tip, payee)
    const mixed = { ...a.signed[0], signature: b.signed[0]?.signature } as (typeof a.signed)[0]
    expect(verifyReceiptSignature(mixed as never, verifySession)).toBe(false)
  })
})
