import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore, party, temporaryFolder } from '../testing/fixtures.ts'
import { PaymentIds } from './payment-ids.ts'

const folder = temporaryFolder()
let store: Awaited<ReturnType<typeof openStore>>
let nowMs = 1_750_000_000_000
const signer = party('payer').address
const idOf = (index: number) => `id-${String(index).padStart(16, '0')}`
const requestHash = sha256Hex('0x11')

beforeAll(async () => {
  store = await openStore(join(folder.path, 'ids.db'))
})

afterAll(async () => {
  await store.close()
  folder.remove()
})

it('keeps answers in bounded room, the newest of them, while it runs', async () => {
  const ids = new PaymentIds(store, { nowMs: () => nowMs }, 10_000)
  const answer = { status: 200, headers: {}, body: new Uint8Array(1_000) }
  const charge = { payer: signer, chargedAtomic: 1n }
  const rowsOf = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => {
      nowMs++
      return ids.row(signer, idOf(from + index), requestHash, charge, from + index < 1_000 ? undefined : answer)
    })
  await store.write(rowsOf(0, 1_023))
  expect((await ids.find(signer, idOf(1_000), requestHash))?.answer).toBeDefined()
  await store.write(rowsOf(1_023, 1_024))
  await expect
    .poll(async () => (await ids.find(signer, idOf(1_000), requestHash))?.answer, { timeout: 5_000 })
    .toBeUndefined()
  // That it was charged is not forgotten with it.
  expect((await ids.find(signer, idOf(1_000), requestHash))?.charge.chargedAtomic).toBe(1n)
  expect((await ids.find(signer, idOf(1_022), requestHash))?.answer?.body).toHaveLength(1_000)
})

it('forgets calls a day later', async () => {
  const ids = new PaymentIds(store, { nowMs: () => nowMs })
  nowMs += 86_400_000
  await ids.forget()
  expect(await store.read('select count(*) as rows from payment_calls')).toEqual([{ rows: 0 }])
})
