import type { IncomingMessage } from 'node:http'
import { KoinonError } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { paymentsSchema, ReceiptArchive } from '@koinon/payments/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryHome } from '../../testing/home.ts'
import { type ReceiptRouteSources, receiptRoutes } from './receipt-routes.ts'

const payers = { 'Bearer one': `0x${'11'.repeat(20)}`, 'Bearer two': `0x${'22'.repeat(20)}` } as const
const folder = temporaryHome()
let store: DurableStore
let nowMs = 0

beforeAll(async () => {
  store = await DurableStore.open(`${folder.home.path}/store.db`, paymentsSchema)
})
afterAll(async () => {
  await store.close()
  folder.remove()
})

function routes() {
  const sources = {
    netuid: 1,
    keys: {
      authenticate: (bearer: keyof typeof payers | undefined) => {
        if (bearer === undefined) throw new KoinonError({ code: 'openai/missing_api_key', message: 'no key' })
        return { key: { payer: payers[bearer] } }
      },
    },
    archive: new ReceiptArchive(store),
    epochs: { audits: async () => new Map() },
    index: { position: async () => ({ asOfBlock: 7 }) },
    clock: { nowMs: () => nowMs },
    ask: async () => ({ checks: [] }),
  } as unknown as ReceiptRouteSources
  const [list, verdict] = receiptRoutes(sources)
  const look = (route: typeof list, authorization?: string) =>
    route?.answer(
      { url: '/api/receipts', headers: { authorization } } as IncomingMessage,
      `/api/receipts/${'ab'.repeat(16)}/verdict`,
    )
  return { look, list, verdict }
}

describe('/api/receipts', () => {
  it('lists nothing without a key and what there is with one', async () => {
    const { look, list } = routes()
    await expect(look(list)).rejects.toThrow('no key')
    expect(await look(list, 'Bearer one')).toEqual({ asOfBlock: 7, receipts: [] })
  })

  it('is limited by payer, lists and verdicts together, until time has passed', async () => {
    const { look, list, verdict } = routes()
    for (let count = 0; count < 300; count++) await look(count % 2 === 0 ? list : verdict, 'Bearer one')
    await expect(look(list, 'Bearer one')).rejects.toMatchObject({
      code: 'api/rate-limited',
      retry: 'later',
      details: { status: 429, retryAfterSeconds: 1 },
    })
    await expect(look(verdict, 'Bearer one')).rejects.toThrow(/300 times/)
    expect(await look(list, 'Bearer two')).toMatchObject({ receipts: [] })
    nowMs += 1_000
    expect(await look(list, 'Bearer one')).toMatchObject({ receipts: [] })
  })
})
