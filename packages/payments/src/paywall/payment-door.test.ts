import { KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { CashDesk } from '../provider/cash-desk.ts'
import type { Wire, WireRequest } from '../provider/wire.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import { PaymentDoor, type PaymentDoorEvent } from './payment-door.ts'

const terms = { resource: { url: 'http://seller/', method: 'GET' }, maximumAtomic: 1n } as PaymentTerms
const request = { headers: {} } as WireRequest

function doorOf(thrown: Error) {
  const events: PaymentDoorEvent[] = []
  const read = () => {
    throw thrown
  }
  const wire = { name: 'x402', read } as unknown as Wire
  const door = new PaymentDoor({ desk: {} as CashDesk, wires: [wire], onEvent: (event) => events.push(event) })
  return { events, enter: () => door.enter({} as never, request, terms, 0) }
}

describe('the door of payments', () => {
  it('tells of payments that cannot be read, by their reason, and leaves the answer to its caller', async () => {
    const malformed = new KoinonError({ code: 'payments/bad-payment', message: 'not a payment' })
    const { events, enter } = doorOf(malformed)
    await expect(enter()).rejects.toBe(malformed)
    expect(events).toMatchObject([{ kind: 'refused', wire: 'x402', code: 'payments/bad-payment' }])
  })

  it('names no insides of what failed', async () => {
    const { events, enter } = doorOf(new TypeError('x is undefined'))
    await expect(enter()).rejects.toThrow('x is undefined')
    expect(events).toMatchObject([{ kind: 'refused', code: 'internal' }])
  })
})
