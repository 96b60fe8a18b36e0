/**
 * What payment adds to a request: latency of paid over free calls at several concurrencies, by channel and exact, our client at our
 * paywall beside the stock client at the stock Express server of x402, in one run on the embedded chain; CPU that a paid request adds to
 * the process of the seller and to that of the buyer; calls of the ledger on the way; and how many paid requests a second a paywall takes
 * with every voucher durable.
 *
 *   node bench/paid.ts [--part capacity|channel|exact ...] [--calls 320] [--rounds 3] [--seconds 180]
 *
 * Seller and buyer have a process of their own each, chain and facilitator share this one. Free and paid calls go to the same server by
 * the same kind of connection. The time is divided among the parts: on a slow machine there are fewer rounds. A table on standard error,
 * one JSON line on standard output, whatever becomes of a part: `failed` says why one is missing.
 */
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withDeadline } from '@koinon/base'
import { startNetwork } from '../packages/payments/src/testing/chain.ts'
import { temporaryFolder } from '../packages/payments/src/testing/fixtures.ts'
import { startFacilitator } from '../packages/payments/src/testing/stock-sellers.ts'
import { capacityOf } from './paid-capacity.ts'
import { PaidChildren } from './paid-children.ts'
import type { SellerTask } from './paid-seller.ts'

const { values } = parseArgs({
  options: {
    part: { type: 'string', multiple: true },
    calls: { type: 'string', default: '320' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '180' },
  },
})
const [calls, rounds, seconds] = [Number(values.calls), Number(values.rounds), Number(values.seconds)]
const concurrencies = [1, 8, 32] as const
const payers = 32

type Scheme = SellerTask['schemes'][number]
type Comparison = {
  readonly kind: SellerTask['kind']
  readonly scheme: Scheme
  readonly untilMs: number
  /** Filled as they are there. */
  readonly rows: object[]
}

const endsAtMs = performance.now() + seconds * 1000
const folder = temporaryFolder()
const net = await startNetwork()
const facilitator = await startFacilitator(net)
const funded = await Promise.all(Array.from({ length: payers }, (_, index) => net.fund(`payer ${index}`)))
await net.fund('gas')

function sellerTask(kind: SellerTask['kind'], scheme: Scheme, name: string): SellerTask {
  const path = join(folder.path, `${name}.db`)
  return { kind, network: net.network, path, facilitatorUrl: facilitator.url, schemes: [scheme] }
}

/**
 * Free and paid rounds take turns, and the least of each counts: what else the machine does is in neither. A row that its part has no time
 * for is left out.
 */
async function compare({ kind, scheme, untilMs, rows }: Comparison, children: PaidChildren): Promise<void> {
  const seller = await children.startSeller(sellerTask(kind, scheme, `${kind}-${scheme}`))
  const names = funded.map((_, index) => `payer ${index}`)
  const buyer = await children.startBuyer({ kind, scheme, network: net.network, url: seller.url, payers: names })
  const loads = (['x', 'work'] as const).flatMap((body) => concurrencies.map((concurrency) => ({ body, concurrency })))
  for (const [index, { body, concurrency }] of loads.entries()) {
    const leftMs = untilMs - performance.now()
    if (leftMs <= 0 && index > 0) break
    const rowUntilMs = performance.now() + leftMs / (loads.length - index)
    const count = scheme === 'exact' ? Math.max(concurrency * 2, Math.ceil(calls / 8)) : calls
    const least = { freeMs: Infinity, paidMs: Infinity, sellerMs: Infinity, loopMs: Infinity, buyerMs: Infinity }
    let [rpcCalls, deposits, played] = [0, 0, 0]
    for (; played < rounds && (played === 0 || performance.now() < rowUntilMs); played++) {
      const start = await seller.figures()
      const free = await buyer.play({ call: 'free', body, count, concurrency })
      const middle = await seller.figures()
      const paid = await buyer.play({ call: 'paid', body, count, concurrency })
      const end = await seller.figures()
      const added = (name: 'cpuMicros' | 'loopMicros') => (end[name] + start[name] - 2 * middle[name]) / 1000 / count
      least.freeMs = Math.min(least.freeMs, free.ms)
      least.paidMs = Math.min(least.paidMs, paid.ms)
      least.sellerMs = Math.min(least.sellerMs, added('cpuMicros'))
      least.loopMs = Math.min(least.loopMs, added('loopMicros'))
      least.buyerMs = Math.min(least.buyerMs, (paid.cpuMicros - free.cpuMicros) / 1000 / count)
      rpcCalls += end.rpcCalls - middle.rpcCalls
      deposits += paid.deposits
    }
    const row = {
      handler: body === 'x' ? 'bare' : 'work',
      concurrency,
      rounds: played,
      freeMs: r(least.freeMs),
      paidMs: r(least.paidMs),
      ratio: r(least.paidMs / least.freeMs),
      addedSellerCpuMs: r(least.sellerMs),
      addedSellerLoopCpuMs: r(least.loopMs),
      addedBuyerCpuMs: r(least.buyerMs),
      rpcCallsACall: r(rpcCalls / count / played),
      ...(kind === 'ours' ? { deposits } : {}),
    }
    console.error(kind, scheme, JSON.stringify(row))
    rows.push(row)
  }
}

function r(value: number): number {
  return Math.round(value * 1000) / 1000
}

async function capacity({ untilMs, rows, children }: Run): Promise<void> {
  const seller = await children.startSeller(sellerTask('ours', 'batch-settlement', 'capacity'))
  const isLate = () => performance.now() > untilMs
  const figures = await capacityOf(net, seller, funded, { count: calls * 5, rounds: rounds * 2, isLate })
  rows.push(Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, r(value)])))
}

type Run = { readonly untilMs: number; readonly rows: object[]; readonly children: PaidChildren }

/** The word that asks for a part, and its share of the time. */
type Part = {
  readonly name: string
  readonly word: string
  readonly share: number
  readonly run: (run: Run) => Promise<void>
}
const parts: readonly Part[] = [
  { name: 'capacity', word: 'capacity', share: 2, run: capacity },
  { name: 'oursChannel', word: 'channel', share: 4, run: comparing('ours', 'batch-settlement') },
  { name: 'stockChannel', word: 'channel', share: 5, run: comparing('stock', 'batch-settlement') },
  { name: 'oursExact', word: 'exact', share: 4, run: comparing('ours', 'exact') },
  { name: 'stockExact', word: 'exact', share: 4, run: comparing('stock', 'exact') },
]

function comparing(kind: SellerTask['kind'], scheme: Scheme) {
  return ({ untilMs, rows, children }: Run) => compare({ kind, scheme, untilMs, rows }, children)
}

/** What may be taken beyond the time: the last round of a part. */
const graceMs = 30_000

const report: Record<string, unknown> = { load: r(loadavg()[0] as number) }
const failed: Record<string, string> = {}
const asked = parts.filter(
  ({ name, word }) => values.part === undefined || [name, word].some((each) => values.part?.includes(each)),
)
let shares = asked.reduce((sum, { share }) => sum + share, 0)
try {
  for (const { name, share, run } of asked) {
    const leftMs = endsAtMs - performance.now()
    const partMs = (leftMs * share) / shares
    shares -= share
    const children = new PaidChildren()
    const rows: object[] = []
    report[name] = rows
    try {
      if (leftMs <= 0) throw new Error('no time was left for it')
      const untilMs = performance.now() + partMs
      await withDeadline(run({ untilMs, rows, children }), partMs + graceMs, name)
    } catch (error) {
      failed[name] = (error as Error).message
      process.exitCode = 1
    } finally {
      children.end()
    }
  }
  console.log(JSON.stringify({ ...report, ...(Object.keys(failed).length === 0 ? {} : { failed }) }))
} finally {
  await facilitator.close()
  await net.close()
  folder.remove()
}
