import type { Address, Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { UpToHolds } from './up-to-holds.ts'
import type { UpToPayment } from './up-to-scheme.ts'

const busy = { code: 'payments/facilitator-busy', retry: 'later' }
let nowMs = 0
let made = 0

const paymentOf = (payer: string, validBefore = 60n): UpToPayment => ({
  key: `0x${(made++).toString(16)}` as Hex,
  payer: payer as Address,
  authorization: { validBefore } as UpToPayment['authorization'],
})
const valid = async () => ({ isValid: true })
const settled = async () => 'settled'

function holdsOf(bounds: Partial<ConstructorParameters<typeof UpToHolds>[1]>): UpToHolds {
  nowMs = 0
  return new UpToHolds({ nowMs: () => nowMs }, { total: 6, ofPayer: 6, ofNetwork: 6, ...bounds })
}

describe('payments up to a ceiling that wait for their settlement', () => {
  it('are pushed out by nothing: who fills the room is refused, and the payer may not settle for itself', async () => {
    const holds = holdsOf({})
    const bought = paymentOf('buyer')
    await holds.verify(bought, 'server', valid)
    for (let count = 0; count < 5; count++) await holds.verify(paymentOf(`flood ${count}`), 'flood', valid)
    await expect(holds.verify(paymentOf('flood'), 'flood', valid)).rejects.toMatchObject(busy)
    expect(await holds.settle(bought.key, 'buyer', settled)).toBeUndefined()
    expect(await holds.settle(bought.key, 'server', settled)).toBe('settled')
    holds.release(bought.key)
    expect(await holds.verify(paymentOf('next'), 'server', valid)).toEqual({ isValid: true })
    nowMs = 60_000
    for (let count = 0; count < 6; count++) await holds.verify(paymentOf('later', 120n), 'server', valid)
  })

  it('leave room beside one payer, and beside one network', async () => {
    const holds = holdsOf({ ofPayer: 2, ofNetwork: 3 })
    await holds.verify(paymentOf('one'), '2001:db8::1', valid)
    await holds.verify(paymentOf('one'), '2001:db8::2', valid)
    await expect(holds.verify(paymentOf('one'), '192.0.2.1', valid)).rejects.toMatchObject(busy)
    await holds.verify(paymentOf('two'), '2001:db8::3', valid)
    await expect(holds.verify(paymentOf('three'), '2001:db8::4', valid)).rejects.toMatchObject(busy)
    expect(await holds.verify(paymentOf('three'), '192.0.2.1', valid)).toEqual({ isValid: true })
  })

  it('are settled by nobody else while they are looked at, and verified by nobody while they are settled', async () => {
    const holds = holdsOf({})
    const payment = paymentOf('buyer')
    const early = await holds.verify(payment, 'server', async () => {
      expect(await holds.settle(payment.key, 'buyer', settled)).toBeUndefined()
      return { isValid: false }
    })
    expect(early).toEqual({ isValid: false })
    // What was not valid is nobody's.
    const late = await holds.settle(payment.key, 'buyer', () => holds.verify(payment, 'server', valid))
    expect(late).toBeUndefined()
    expect(await holds.verify(payment, 'server', valid)).toEqual({ isValid: true })
  })
})
