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

it('knows after a restart what was done before it, and looks up no id that is new', async () => {
  const charge = { payer: signer, chargedAtomic: 5n }
  const before = new PaymentIds(store, { nowMs: () => nowMs })
  await before.start()
  await store.write([before.row(signer, idOf(7_001), requestHash, charge, undefined)])
  let reads = 0
  const counting = new Proxy(store, {
    get(target, name) {
      if (name === 'read') reads += 1
      const member = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const after = new PaymentIds(counting, { nowMs: () => nowMs })
  // Nothing is known before the start: each id is looked up.
  expect(await after.find(signer, idOf(7_001), requestHash)).toMatchObject({ charge: { chargedAtomic: 5n } })
  expect([await after.find(signer, idOf(7_002), requestHash), reads]).toEqual([undefined, 2])
  await after.start()
  reads = 0
  expect([await after.begin(signer, idOf(7_003), requestHash), reads]).toEqual([undefined, 0])
  expect(await after.begin(signer, idOf(7_001), requestHash)).toMatchObject({ charge: { chargedAtomic: 5n } })
  await expect(after.begin(signer, idOf(7_001), sha256Hex('0x22'))).rejects.toMatchObject({
    code: 'payments/payment-id-reused',
  })
  // The same id of another signer is another name.
  expect(await after.begin(party('other').address, idOf(7_001), requestHash)).toBeUndefined()
  await expect(after.begin(signer, idOf(7_003), requestHash)).rejects.toMatchObject({
    code: 'payments/payment-id-busy',
  })
  expect(reads).toBe(2)
})

it('finds the calls of the last day also when its filter was changed for a new one in between', async () => {
  const charge = { payer: signer, chargedAtomic: 6n }
  const ids = new PaymentIds(store, { nowMs: () => nowMs })
  await ids.start()
  nowMs += 86_300_000
  await store.write([ids.row(signer, idOf(8_001), requestHash, charge, undefined)])
  nowMs += 200_000
  await ids.forget()
  expect(await ids.find(signer, idOf(8_001), requestHash)).toMatchObject({ charge: { chargedAtomic: 6n } })
  nowMs += 86_400_001
  await ids.forget()
  expect(await ids.find(signer, idOf(8_001), requestHash)).toBeUndefined()
})
