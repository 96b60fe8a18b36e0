/** A seller behind a paywall over a test network, all parts real. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { ChannelBook } from '../core/channel-book.ts'
import type { ReceiptLedger } from '../core/receipt-ledger.ts'
import { paymentsSchema } from '../core/schema.ts'
import type { PaidAnswer } from '../paywall/paid-answer.ts'
import { createPaywall, type PaidRequest } from '../paywall/paywall.ts'
import { ChannelAdmission } from '../provider/channel-admission.ts'
import { LedgerSettler } from '../provider/ledger-settler.ts'
import { SellerDesk, type SellerDeskOptions } from '../provider/seller-desk.ts'
import { settlementsSchema } from '../provider/settlement-book.ts'
import type { Settler } from '../provider/settler.ts'
import type { Wire, WireRequest } from '../provider/wire.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import { PaidReturns, paidReturnsSchema } from '../x402/provider/paid-returns.ts'
import { createX402Wire, type X402WireOptions } from '../x402/provider/x402-wire.ts'
import type { TestNetwork } from './chain.ts'
import { type Party, startLedger } from './fixtures.ts'
import { dollarOf } from './settlement.ts'

export type TestSeller = {
  readonly url: string
  readonly desk: SellerDesk
  readonly book: ChannelBook
  readonly ledger: ReceiptLedger
  readonly store: DurableStore
  /** Runs of the seller's own code, by path. */
  readonly runs: Map<string, number>
  terms(changes?: Partial<PaymentTerms>): PaymentTerms
  close(): Promise<void>
}

export type TestSellerOptions = {
  readonly path: string
  readonly serve?: (request: PaidRequest) => Promise<PaidAnswer>
  readonly price?: (request: WireRequest) => Partial<PaymentTerms>
  readonly settler?: (settler: LedgerSettler) => Settler
  readonly x402?: X402WireOptions
  /** Under which the resources are sold; left out, where the server listens. */
  readonly origin?: string
  readonly desk?: Partial<SellerDeskOptions>
  /** For how long who paid for a page may come back to it. */
  readonly returnsMs?: number
  /** 1,000 unless given. */
  readonly maximumChannels?: number
  /** Wires before x402. */
  readonly wires?: (desk: SellerDesk, book: ChannelBook) => readonly Wire[]
}

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

/** Sells every path but `/free` for 1,000 atomic units, by channel and exact. */
export async function startSeller(
  network: TestNetwork,
  account: Funded | Party,
  gas: Funded,
  options: TestSellerOptions,
): Promise<TestSeller> {
  const clock = { nowMs: () => Date.now() }
  const store = await DurableStore.open(options.path, `${paymentsSchema} ${settlementsSchema} ${paidReturnsSchema}`)
  const book = new ChannelBook({ store, domain: network.domain })
  await book.start()
  const { ledger } = await startLedger(store, account, { book })
  const asset = dollarOf(network)
  const admission = new ChannelAdmission({
    book,
    reader: network.reader,
    clock,
    terms: {
      receiver: account.address,
      token: asset.token,
      minimumWithdrawDelay: 900,
      minimumDepositAtomic: options.x402?.channelOffer?.leastDepositAtomic ?? 1n,
      creditLimitPicoUsd: 0n,
      maximumChannels: options.maximumChannels ?? 1_000,
    },
  })
  const real = new LedgerSettler({
    store,
    reader: network.reader,
    sender: gas.sender,
    domain: network.domain,
    assets: [asset],
    unsettledBlocks: 0,
    clock,
    collector: network.network.contracts.depositCollector,
  })
  const settler = options.settler?.(real) ?? real
  const desk = new SellerDesk({ store, book, ledger, admission, settler, clock, random: systemRandom, ...options.desk })
  await desk.start()
  const terms = (changes: Partial<PaymentTerms> = {}): PaymentTerms => ({
    resource: { url: `${origin}/paid`, method: 'GET', mimeType: 'application/json' },
    chainId: network.domain.chainId,
    asset,
    payTo: account.address,
    maximumAtomic: 1_000n,
    backEnds: ['channel', 'exact'],
    timeoutSeconds: 60,
    ...changes,
  })
  const runs = new Map<string, number>()
  const server = createServer((request, response) => void paywall(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const origin = options.origin ?? url
  const returning =
    options.returnsMs === undefined
      ? undefined
      : new PaidReturns({
          ...{ store, reader: network.reader, chainId: network.domain.chainId, origin, keptMs: options.returnsMs },
          ...{ clock, random: systemRandom },
        })
  const extensions = (_terms: PaymentTerms, request: WireRequest) => returning?.extension(request) ?? {}
  const paywall = createPaywall({
    ...(returning === undefined ? {} : { returning }),
    desk,
    wires: [
      ...(options.wires?.(desk, book) ?? []),
      createX402Wire({ standing: (id, most) => desk.standing(id, most), extensions, ...options.x402 }),
    ],
    origin,
    clock,
    terms: (request) => {
      if (request.url === `${origin}/free`) return undefined
      const resource = { url: request.url, method: request.method, mimeType: 'application/json' }
      return terms({ resource, ...options.price?.(request) })
    },
    serve: async (request) => {
      const path = new URL(request.url).pathname
      const run = (runs.get(path) ?? 0) + 1
      runs.set(path, run)
      if (options.serve !== undefined) return options.serve(request)
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ run }) }
    },
  })
  return {
    url,
    desk,
    book,
    ledger,
    store,
    runs,
    terms,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
      await desk.stop()
      await ledger.stop()
      await store.close()
    },
  }
}
