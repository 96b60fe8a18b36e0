import { join } from 'node:path'
import { DurableStore } from '@koinon/base/node'
import { afterAll, expect, it } from 'vitest'
import { PaymentIds } from '../provider/payment-ids.ts'
import {
  addChannel,
  answerOn,
  configOf,
  openStore,
  party,
  requestId,
  startLedger,
  temporaryFolder,
} from '../testing/fixtures.ts'
import { paymentsSchema } from './schema.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const payer = party('payer')
const payee = party('payee')
const clock = { nowMs: () => 1_750_000_000_000 }

/** As earlier versions made them. */
const earlierIndexes = `
create unique index payment_receipts_chain on payment_receipts (session_key, sequence);
create index payment_receipts_channel on payment_receipts (channel_id, ended_at_ms);
create index payment_receipts_payer on payment_receipts (payer, ended_at_ms, request_id);
create index payment_receipts_bill on payment_receipts (channel_id);
create index payment_calls_ended on payment_calls (ended_at_ms);
`

async function fill(store: DurableStore, from: number) {
  const { ledger, book } = await startLedger(store, payee, { clock })
  const channel = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 1_000n)
  const answers = [from, from + 1].map((index) => {
    const row = new PaymentIds(store, clock).row(
      payer.address,
      `call-${requestId(index)}`,
      requestId(index),
      { payer: payer.address, chargedAtomic: 1n },
      undefined,
    )
    return ledger.finalize(answerOn(ledger, channel, 10n, requestId(index), { extraStatements: [row] }))
  })
  const bundles = await Promise.all(answers)
  await ledger.stop()
  return { archive: ledger.archive, bundles, channelId: channel.channelId }
}

it('opens a file of an earlier version, whose indexes go, and keeps all that stands in it', async () => {
  const path = join(folder.path, 'earlier.db')
  const withoutDrops = paymentsSchema.replaceAll(/^drop .*$|^.* payment_receipts_by_.*$/gm, '')
  const earlier = await DurableStore.open(path, `${withoutDrops}${earlierIndexes}`)
  const before = await fill(earlier, 0)
  await earlier.close()
  const store = await openStore(path)
  const after = await fill(store, 2)
  const indexes = await store.read(
    "select name from sqlite_master where type = 'index' and sql is not null and tbl_name in ('payment_receipts', 'payment_calls')",
  )
  expect(indexes.map(({ name }) => name).toSorted()).toEqual([
    'payment_receipts_by_channel',
    'payment_receipts_by_payer',
    'payment_receipts_ended',
  ])
  const { archive, channelId } = after
  const newestFirst = [...before.bundles, ...after.bundles].toReversed()
  expect(await archive.bill({ channelId, limit: 10 })).toEqual(newestFirst.map(({ hops }) => hops[0]))
  expect(await archive.list({ payer: payer.address, limit: 10 })).toHaveLength(4)
  expect(await archive.byId(requestId(0), payer.address)).toEqual(before.bundles[0])
  const ids = new PaymentIds(store, clock)
  await ids.forget()
  expect(await ids.find(payer.address, `call-${requestId(0)}`, requestId(0))).toMatchObject({
    charge: { chargedAtomic: 1n },
  })
  await store.close()
})

it('takes no payer for another one, nor a channel, that begins alike', async () => {
  const store = await openStore(join(folder.path, 'alike.db'))
  const { archive, channelId } = await fill(store, 0)
  const alike = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}` as const
  const [address, channel] = [alike(payer.address) as `0x${string}`, alike(channelId) as `0x${string}`]
  expect(await archive.list({ payer: address, limit: 5 })).toEqual([])
  expect(await archive.statsByChannel(0, address)).toEqual(new Map())
  expect(await archive.bill({ channelId: channel, limit: 5 })).toEqual([])
  expect(await archive.bill({ channelId, limit: 5 })).toHaveLength(2)
  await store.close()
})

it('reads receipts and names of calls by an index, never all of them', async () => {
  const store = await openStore(join(folder.path, 'plans.db'))
  const { archive, channelId } = await fill(store, 0)
  const asked: string[] = []
  const read = store.read.bind(store)
  store.read = (sql, values) => {
    asked.push(sql)
    return read(sql, values)
  }
  const { address } = payer
  await archive.byId(requestId(0))
  await archive.hashOf(requestId(0), address)
  await archive.list({ limit: 5, before: requestId(1) })
  await archive.list({ payer: address, limit: 5, before: requestId(1) })
  await archive.endedBetween({ payee: payee.address, fromMs: 0, toMs: 1 })
  await archive.shown([{ requestId: requestId(0), receiptHash: requestId(0) }])
  await archive.bill({ channelId, limit: 5, before: requestId(1) })
  await archive.stats({ sinceMs: 0 })
  await archive.statsByChannel(0)
  await archive.statsByChannel(0, address)
  await new PaymentIds(store, clock).find(address, 'call', requestId(0))
  expect(asked).toHaveLength(14)
  for (const sql of asked) {
    const plan = await read(`explain query plan ${sql}`, Array(sql.split('?').length - 1).fill(0))
    const steps = plan.map(({ detail }) => String(detail))
    expect(steps.filter((step) => /^SCAN (payment_|r\b)/.test(step) && !/COVERING INDEX/.test(step))).toEqual([])
  }
  await store.close()
})
