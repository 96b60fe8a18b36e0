/**
 * What payment adds to a request: latency of paid over free calls at several concurrencies, by channel and exact, our client at our
 * paywall beside the stock client at the stock Express server of x402, in one run on the embedded chain; CPU that a paid request adds to
 * the process of the seller and to that of the buyer; calls of the ledger on the way; and how many paid requests a second a paywall takes
 * with every voucher durable.
 *
 *   node bench/paid.ts [calls a round] [rounds] [channel | exact | capacity]
 *
 * Seller and buyer have a process of their own each, chain and facilitator share this one. A table on standard error, one JSON line on
 * standard output.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { channelIdOf } from '@koinon/payments/rules'
import { Pool } from 'undici'
import { startNetwork } from '../packages/payments/src/testing/chain.ts'
import { configOf, party, temporaryFolder } from '../packages/payments/src/testing/fixtures.ts'
import { dollarOf, signDeposit } from '../packages/payments/src/testing/settlement.ts'
import { startFacilitator } from '../packages/payments/src/testing/stock-sellers.ts'
import type { ClientTask, Round, RoundFigures } from './paid-client.ts'
import type { SellerFigures, SellerTask } from './paid-seller.ts'

const calls = Number(process.argv[2] ?? 320)
const rounds = Number(process.argv[3] ?? 3)
const only = process.argv[4]
const concurrencies = [1, 8, 32] as const
const payers = 32

const folder = temporaryFolder()
const net = await startNetwork()
const facilitator = await startFacilitator(net)
const funded = await Promise.all(Array.from({ length: payers }, (_, index) => net.fund(`payer ${index}`)))
await net.fund('gas')
type Funded = (typeof funded)[number]
type Scheme = 'exact' | 'batch-settlement'
type Seller = { readonly url: string; figures(): Promise<SellerFigures>; end(): void }
const children: Seller[] = []

async function startChild(kind: SellerTask['kind'], scheme: Scheme): Promise<Seller> {
  const child = fork(join(import.meta.dirname, 'paid-seller.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const path = join(folder.path, `${kind}-${scheme}.db`)
  const network = net.network
  child.send({ kind, network, path, facilitatorUrl: facilitator.url, schemes: [scheme] } satisfies SellerTask)
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  const seller: Seller = {
    url,
    async figures() {
      child.send('figures')
      return ((await once(child, 'message')) as [SellerFigures])[0]
    },
    end: () => void child.kill(),
  }
  children.push(seller)
  return seller
}

async function startBuyer(kind: ClientTask['kind'], scheme: Scheme, url: string) {
  const child = fork(join(import.meta.dirname, 'paid-client.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const names = funded.map((_, index) => `payer ${index}`)
  child.send({ kind, scheme, network: net.network, url, payers: names } satisfies ClientTask)
  await once(child, 'message')
  return {
    async play(round: Round) {
      child.send(round)
      return ((await once(child, 'message')) as [RoundFigures])[0]
    },
    end: () => void child.kill(),
  }
}

/** Free and paid rounds take turns, and the least of each counts: what else the machine does is in neither. */
async function compare(name: 'ours' | 'stock', scheme: Scheme) {
  const seller = await startChild(name, scheme)
  const buyer = await startBuyer(name, scheme, seller.url)
  const rows = []
  for (const body of ['x', 'work'] as const) {
    for (const concurrency of concurrencies) {
      const count = scheme === 'exact' ? Math.max(concurrency * 2, Math.ceil(calls / 8)) : calls
      const least = { freeMs: Infinity, paidMs: Infinity, sellerMs: Infinity, buyerMs: Infinity }
      let [rpcCalls, deposits] = [0, 0]
      for (let round = 0; round < rounds; round++) {
        const start = await seller.figures()
        const free = await buyer.play({ call: 'free', body, count, concurrency })
        const middle = await seller.figures()
        const paid = await buyer.play({ call: 'paid', body, count, concurrency })
        const end = await seller.figures()
        const added = (of: number) => of / 1000 / count
        least.freeMs = Math.min(least.freeMs, free.ms)
        least.paidMs = Math.min(least.paidMs, paid.ms)
        least.sellerMs = Math.min(least.sellerMs, added(end.cpuMicros + start.cpuMicros - 2 * middle.cpuMicros))
        least.buyerMs = Math.min(least.buyerMs, added(paid.cpuMicros - free.cpuMicros))
        rpcCalls += end.rpcCalls - middle.rpcCalls
        deposits += paid.deposits
      }
      const row = {
        handler: body === 'x' ? 'bare' : 'work',
        concurrency,
        freeMs: r(least.freeMs),
        paidMs: r(least.paidMs),
        ratio: r(least.paidMs / least.freeMs),
        addedSellerCpuMs: r(least.sellerMs),
        addedBuyerCpuMs: r(least.buyerMs),
        rpcCallsACall: r(rpcCalls / count / rounds),
        ...(name === 'ours' ? { deposits } : {}),
      }
      console.error(name, scheme, JSON.stringify(row))
      rows.push(row)
    }
  }
  buyer.end()
  seller.end()
  return rows
}

/** Mean milliseconds of a call with as many at once as there are payers. */
async function latencyOf(work: (worker: number) => Promise<void>, count: number): Promise<number> {
  let next = 0
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: payers }, async (_, worker) => {
      while (next++ < count) await work(worker)
    }),
  )
  return ((performance.now() - begun) * payers) / count
}

/** Signed beforehand, so that only the seller works: what a paywall takes with every voucher durable before its answer's end. */
async function capacity() {
  const seller = await startChild('ours', 'batch-settlement')
  const pool = new Pool(seller.url, { connections: payers, pipelining: 1 })
  const receiver = party('seller', net.domain).address
  const count = calls * 20
  const each = Math.ceil(count / payers)
  const headers = await Promise.all(
    funded.map(async (who, index) => signedCalls(who, receiver, each + 1, `capacity ${index}`)),
  )
  const send = async (path: string, header?: string) => {
    const { statusCode, body } = await pool.request({
      path,
      method: 'GET',
      ...(header === undefined ? {} : { headers: { 'payment-signature': header } }),
    })
    await body.arrayBuffer()
    if (statusCode !== 200) throw new Error(`the seller answered ${statusCode}`)
  }
  for (const list of headers) await send('/paid', list[0] as string)
  const used = headers.map(() => 1)
  const start = await seller.figures()
  const freeMs = await latencyOf(() => send('/free'), each * payers)
  const middle = await seller.figures()
  const paidMs = await latencyOf(async (worker) => {
    const turn = used[worker] as number
    used[worker] = turn + 1
    const header = headers[worker]?.[turn]
    if (header !== undefined) await send('/paid', header)
  }, each * payers)
  const end = await seller.figures()
  await pool.close()
  seller.end()
  const sent = used.reduce((sum, turns, worker) => sum + Math.min(turns, (headers[worker] as string[]).length) - 1, 0)
  const cpu = (from: SellerFigures, to: SellerFigures, of: number) => (to.cpuMicros - from.cpuMicros) / 1000 / of
  return {
    connections: payers,
    calls: sent,
    paidPerSecond: Math.round((sent * 1000) / ((paidMs * each * payers) / payers)),
    freePerSecond: Math.round((payers * 1000) / freeMs),
    addedCpuMs: r(cpu(middle, end, sent) - cpu(start, middle, each * payers)),
    rpcCalls: end.rpcCalls - middle.rpcCalls,
  }
}

/** A deposit and the vouchers after it, as headers. */
function signedCalls(who: Funded, receiver: `0x${string}`, count: number, salt: string): string[] {
  const asset = dollarOf(net)
  const config = { ...configOf(who.address, receiver, salt), token: asset.token }
  const channelId = channelIdOf(config, net.domain)
  const accepted = { scheme: 'batch-settlement', network: `eip155:${net.domain.chainId}` }
  return Array.from({ length: count }, (_, index) => {
    const maxClaimableAtomic = BigInt(index + 1) * 1_000n
    const { signature } = who.signer.sign({ channelId, maxClaimableAtomic })
    const voucher = { channelId, maxClaimableAmount: maxClaimableAtomic.toString(), signature }
    const base = { type: 'voucher', channelConfig: config, voucher }
    const payload =
      index > 0 ? base : { ...base, type: 'deposit', deposit: depositOf(who, config, BigInt(count) * 1_000n) }
    return Buffer.from(JSON.stringify({ x402Version: 2, accepted, payload })).toString('base64')
  })
}

function depositOf(who: Funded, config: ReturnType<typeof configOf>, amountAtomic: bigint) {
  const { salt, signature, validAfter, validBefore } = signDeposit(who, dollarOf(net), net.domain, config, amountAtomic)
  const times = { validAfter: validAfter.toString(), validBefore: validBefore.toString() }
  return { amount: amountAtomic.toString(), authorization: { erc3009Authorization: { ...times, salt, signature } } }
}

function r(value: number): number {
  return Math.round(value * 1000) / 1000
}

try {
  const has = (part: string) => only === undefined || only === part
  const report = {
    load: r(loadavg()[0] as number),
    ...(has('capacity') ? { capacity: await capacity() } : {}),
    ...(has('channel') ? { oursChannel: await compare('ours', 'batch-settlement') } : {}),
    ...(has('channel') ? { stockChannel: await compare('stock', 'batch-settlement') } : {}),
    ...(has('exact') ? { oursExact: await compare('ours', 'exact') } : {}),
    ...(has('exact') ? { stockExact: await compare('stock', 'exact') } : {}),
  }
  console.log(JSON.stringify(report))
} finally {
  for (const child of children) child.end()
  await facilitator.close()
  await net.close()
  folder.remove()
}
