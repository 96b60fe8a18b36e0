import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Hex, withDeadline } from '@koinon/base'
import { type DurableStore, verifySessionNative } from '@koinon/base/node'
import { type ReceiptBundle, type SignedReceipt, verifyReceiptSignature } from '@koinon/work'
import { afterAll, describe, expect, it } from 'vitest'
import { addChannel, configOf, openStore, party, requestId, temporaryFolder, testDomain } from '../testing/fixtures.ts'
import { ChannelBook } from './channel-book.ts'
import { ReceiptArchive } from './receipt-archive.ts'
import { verifyVoucher } from './voucher-signing.ts'

const payer = party('payer')
const payee = party('payee')
const folder = temporaryFolder()
const path = join(folder.path, 'crash.db')
const child = fileURLToPath(new URL('../testing/finalize-child.ts', import.meta.url))

afterAll(() => folder.remove())

type Acknowledged = {
  readonly index: number
  readonly cumulative: bigint
  readonly sequence: number
  readonly session: string
}

/** Lets a process make answers final until it has acknowledged so many, and kills it without warning. */
async function killedRun(first: number, acknowledgements: number): Promise<readonly Acknowledged[]> {
  const running = spawn(process.execPath, [child, path, String(first), '8'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  running.stdout.setEncoding('utf8')
  const enough = new Promise<void>((resolve, reject) => {
    running.stdout.on('data', (text: string) => {
      output += text
      if (output.split('\n').length > acknowledgements + 1) resolve()
    })
    running.on('error', reject)
    running.on('exit', () => reject(new Error('the payee ended by itself')))
  })
  try {
    await withDeadline(enough, 30_000, 'making answers final')
  } finally {
    running.kill('SIGKILL')
    await once(running, 'close')
  }
  const lines = output.split('\n').slice(1)
  // The last piece has no line end: its answer was not acknowledged.
  return lines.slice(0, -1).map((line) => {
    const [index, cumulative, sequence, session] = line.split(' ') as [string, string, string, string]
    return { index: Number(index), cumulative: BigInt(cumulative), sequence: Number(sequence), session }
  })
}

async function withStore<value>(work: (store: DurableStore) => Promise<value>): Promise<value> {
  const store = await openStore(path)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function bookOf(store: DurableStore): Promise<ChannelBook> {
  const book = new ChannelBook({ store, domain: testDomain })
  await book.start()
  return book
}

describe('SIGKILL while answers become final', () => {
  it('loses nothing that was acknowledged, charges nothing twice and keeps the voucher at the debt', async () => {
    const channelId = await withStore(async (store) => {
      const book = await bookOf(store)
      return (await addChannel(book, configOf(payer.address, payee.address), 'inbound', 10n ** 12n)).channelId
    })
    const acknowledged: Acknowledged[] = []
    let lastOwed = 0n
    let kills = 0
    let first = 0
    for (let round = 0; round < 6; round++) {
      const lines = await killedRun(first, 5 + 13 * round)
      kills += 1
      acknowledged.push(...lines)
      first += 100_000
      await withStore(async (store) => {
        const state = (await bookOf(store)).require(channelId)
        const rows = await store.read(
          'select r.request_id, r.amount_pico_usd, r.bundle from payment_receipts r join payment_sessions s on s.session_key = r.session_key order by s.ordinal, r.sequence',
        )
        checkChain(
          rows.map((row) => ({ amount: BigInt(row['amount_pico_usd'] as number), bundle: String(row['bundle']) })),
          state.owedPicoUsd,
        )
        expect(state.owedPicoUsd).toBeGreaterThanOrEqual(lastOwed)
        lastOwed = state.owedPicoUsd
        expect(state.voucherAtomic).toBe(state.owedPicoUsd / 1_000_000n)
        if (state.voucherAtomic > 0n) {
          const signature = state.voucherSignature as Hex
          const voucher = { channelId, maxClaimableAtomic: state.voucherAtomic, signature }
          expect(verifyVoucher(voucher, payer.address, testDomain)).toBe(true)
        }
        const archive = new ReceiptArchive(store)
        for (const line of lines) await checkAcknowledged(archive, line)
      })
    }
    expect(kills).toBe(6)
    expect(acknowledged.length).toBeGreaterThan(200)
    expect(new Set(acknowledged.map((line) => line.session)).size).toBeGreaterThan(1)
  }, 180_000)
})

/** Every stored receipt adds exactly its amount to the debt: nothing is missing, nothing counted twice. */
function checkChain(rows: readonly { readonly amount: bigint; readonly bundle: string }[], owed: bigint): void {
  let sum = 0n
  for (const { amount, bundle } of rows) {
    sum += amount
    const { receipt } = (JSON.parse(bundle) as { hops: [{ receipt: { cumulativePicoUsd: string } }] }).hops[0]
    expect(BigInt(receipt.cumulativePicoUsd)).toBe(sum)
  }
  expect(owed).toBe(sum)
}

async function checkAcknowledged(archive: ReceiptArchive, line: Acknowledged): Promise<void> {
  const bundle = (await archive.byId(requestId(line.index), payer.address)) as ReceiptBundle
  const signed = bundle.hops[0] as SignedReceipt
  expect(signed.receipt).toMatchObject({
    cumulativePicoUsd: line.cumulative,
    sequence: line.sequence,
    sessionKey: line.session,
  })
  expect(verifyReceiptSignature(signed, verifySessionNative)).toBe(true)
}
