/** A seller behind HTTP that takes MPP alone, with the real desk and settler over a test network. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Hex, sleep, systemRandom, utf8ToBytes } from '@koinon/base'
import { ChannelBook } from '../core/channel-book.ts'
import { MppDoor } from '../mpp/provider/mpp-door.ts'
import { createMppWire } from '../mpp/provider/mpp-wire.ts'
import { SteppedStreams } from '../mpp/provider/stepped-streams.ts'
import type { PaidAnswer } from '../paywall/paid-answer.ts'
import { createPaywall, type PaidRequest, type Paywall } from '../paywall/paywall.ts'
import { ChannelAdmission } from '../provider/channel-admission.ts'
import { SellerDesk } from '../provider/seller-desk.ts'
import type { StreamPart, Wire, WireRequest } from '../provider/wire.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import type { TestNetwork } from './chain.ts'
import { openStore, type Party, seed, startLedger, temporaryFolder } from './fixtures.ts'
import { collector, dollarOf, openSettler } from './settlement.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
const clock = { nowMs: () => Date.now() }

/** Sells `/paid/...` at 1,000 a call and `/stream/N`, N words at 40 each in steps of 100. */
export async function startMppShop(
  network: TestNetwork,
  seller: Party,
  gas: Funded,
  voucherTimeoutMs = 1_000,
  moreWires: (desk: SellerDesk) => readonly Wire[] = () => [],
) {
  const folder = temporaryFolder()
  const store = await openStore(join(folder.path, 'shop.db'))
  const book = new ChannelBook({ store, domain: network.domain })
  await book.start()
  const { ledger } = await startLedger(store, seller, { book })
  const token = network.network.contracts.dollar
  const admissionTerms = {
    receiver: seller.address,
    token,
    minimumWithdrawDelay: 900,
    minimumDepositAtomic: 1n,
    creditLimitPicoUsd: 0n,
    maximumChannels: 10,
  }
  const admission = new ChannelAdmission({ book, reader: network.reader, terms: admissionTerms, clock })
  const opened = await openSettler(network, gas.sender, join(folder.path, 'settlements.db'))
  const desk = new SellerDesk({ store, book, ledger, admission, settler: opened.settler, clock, random: systemRandom })
  await desk.start()
  const runs = { count: 0, words: 0 }
  const session = {
    ...network.domain,
    depositCollector: collector,
    receiver: seller.address,
    receiverAuthorizer: seller.address,
    token,
    withdrawDelaySeconds: 900,
  } as const
  const configOf = (channelId: Hex) => book.get(channelId)?.config
  const door = new MppDoor({ keys: [seed('shop')], realm: '127.0.0.1', clock, random: systemRandom, session, configOf })
  const streams = new SteppedStreams({ desk, door, domain: network.domain, clock, voucherTimeoutMs })

  function termsOf({ url, method }: WireRequest): PaymentTerms {
    const common = {
      resource: { url, method },
      chainId: network.domain.chainId,
      asset: dollarOf(network),
      payTo: seller.address,
      timeoutSeconds: 60,
    }
    return new URL(url).pathname.startsWith('/stream/')
      ? { ...common, maximumAtomic: 400n, stepAtomic: 100n, backEnds: ['channel'] }
      : { ...common, maximumAtomic: 1_000n, backEnds: ['exact', 'channel'] }
  }

  async function serve({ url, payment }: PaidRequest): Promise<PaidAnswer> {
    const { pathname } = new URL(url)
    runs.count += 1
    if (pathname.startsWith('/stream/')) {
      const headers = { 'content-type': 'text/event-stream' }
      return { status: 200, headers, parts: words(Number(pathname.split('/').at(-1))) }
    }
    await sleep(50)
    const body = JSON.stringify({ path: pathname, run: runs.count, payer: payment?.payer })
    return { status: 200, headers: { 'cache-control': 'private' }, body }
  }

  async function* words(count: number): AsyncGenerator<StreamPart> {
    for (let word = 1; word <= count; word++) {
      await sleep(1)
      runs.words += 1
      yield { bytes: utf8ToBytes(`data: word ${word}\n\n`), costAtomic: 40n }
    }
  }

  let paywall: Paywall | undefined
  const server = createServer((request, response) => void paywall?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  paywall = createPaywall({
    desk,
    wires: [createMppWire({ door, clock, streams }), ...moreWires(desk)],
    terms: termsOf,
    serve,
    origin: url,
    clock,
  })
  return {
    url,
    runs,
    book,
    desk,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await desk.stop()
      await Promise.all([store.close(), opened.store.close()])
      folder.remove()
    },
  }
}
