/** A seller behind HTTP that takes MPP alone, with the real desk and settler over a test network. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { bytesToHex, concatBytes, type Hex, sha256, sleep, systemRandom, utf8ToBytes, zeroHash } from '@koinon/base'
import { readBody } from '@koinon/base/node'
import { ChannelBook } from '../core/channel-book.ts'
import { MppDoor } from '../mpp/provider/mpp-door.ts'
import { SteppedStreams, type StreamPart } from '../mpp/provider/stepped-streams.ts'
import { formatChallenge } from '../mpp/rules/challenge.ts'
import { paymentRequired, problemOf } from '../mpp/rules/problems.ts'
import { formatReceipt, receiptOf } from '../mpp/rules/receipt.ts'
import type { CallResult } from '../provider/cash-desk.ts'
import { ChannelAdmission } from '../provider/channel-admission.ts'
import { SellerDesk } from '../provider/seller-desk.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import type { TestNetwork } from './chain.ts'
import { openStore, type Party, seed, startLedger, temporaryFolder } from './fixtures.ts'
import { collector, dollarOf, openSettler } from './settlement.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
const clock = { nowMs: () => Date.now() }

/** Sells `/paid/...` at 1,000 a call and `/stream/N`, N words at 40 each in steps of 100. */
export async function startMppShop(network: TestNetwork, seller: Party, gas: Funded, voucherTimeoutMs = 1_000) {
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

  function termsOf(url: string, method: string): PaymentTerms {
    const isStream = new URL(url).pathname.startsWith('/stream/')
    return {
      resource: { url, method },
      chainId: network.domain.chainId,
      asset: dollarOf(network),
      payTo: seller.address,
      maximumAtomic: isStream ? 100n : 1_000n,
      pricing: isStream ? 'upTo' : 'fixed',
      backEnds: isStream ? ['channel'] : ['exact', 'channel'],
      timeoutSeconds: 60,
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = `http://${request.headers.host}${request.url}`
    const call = { method: request.method as string, url, body: new Uint8Array(await readBody(request, 1 << 20)) }
    const terms = termsOf(url, call.method)
    const isStream = terms.pricing === 'upTo'
    const receivedAtMs = clock.nowMs()
    const requestHash = bytesToHex(sha256(concatBytes(utf8ToBytes(`${call.method} ${url}\n`), call.body)))
    try {
      const credential = door.credential(request.headers)
      if (credential === undefined) return refuse(undefined)
      const taken = await streams.offer(credential)
      if (taken !== undefined) return void response.writeHead(200, { 'payment-receipt': formatReceipt(taken) }).end()
      const { challenge, commitment } = door.read(credential, call, terms)
      const paymentId = request.headers['idempotency-key']
      const name = typeof paymentId === 'string' ? { paymentId } : {}
      const admission = await desk.admit({ terms, commitment, requestHash, receivedAtMs, ...name })
      if (admission.state === 'repeated') {
        return void response.writeHead(200, { 'x-repeated': 'yes' }).end(admission.answer?.body)
      }
      const { payment } = admission
      const resultOf = (body: Uint8Array, chargedAtomic: bigint): CallResult => ({
        chargedAtomic,
        responseHash: bytesToHex(sha256(body)),
        kind: 'http',
        work: { status: 200 },
        workHash: zeroHash,
        times: { receivedAtMs, firstByteAtMs: clock.nowMs(), endedAtMs: clock.nowMs() },
        answer: { status: 200, headers: {}, body },
      })
      runs.count += 1
      if (isStream && commitment.backEnd === 'channel') {
        const gone = new AbortController()
        response.on('close', () => gone.abort())
        const run = streams.run({
          terms,
          challenge,
          requestHash,
          held: payment,
          voucher: commitment.voucher,
          parts: words(Number(url.split('/').at(-1))),
          signal: gone.signal,
          resultOf: (sent, charged) => resultOf(concatBytes(...sent), charged),
        })
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for await (const bytes of run) {
          if (gone.signal.aborted) break
          response.write(bytes)
        }
        return void response.end()
      }
      await sleep(50)
      const body = utf8ToBytes(JSON.stringify({ path: request.url, run: runs.count }))
      const { charge } = await payment.charge(resultOf(body, terms.maximumAtomic))
      const receipt = receiptOf(charge, challenge, terms.chainId, clock.nowMs())
      response.writeHead(200, { 'payment-receipt': formatReceipt(receipt), 'cache-control': 'private' }).end(body)
    } catch (error) {
      refuse(error)
    }

    function refuse(error: unknown): void {
      const fresh = door.challenges(call, terms, isStream ? 'step' : 'request')
      const id = fresh[0]?.id as string
      const problem = error === undefined ? paymentRequired(id) : problemOf(error, id)
      response.writeHead(problem.status, {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...(problem.status === 402 ? { 'www-authenticate': fresh.map(formatChallenge) } : {}),
      })
      response.end(JSON.stringify(problem))
    }
  }

  async function* words(count: number): AsyncGenerator<StreamPart> {
    for (let word = 1; word <= count; word++) {
      await sleep(1)
      runs.words += 1
      yield { bytes: utf8ToBytes(`data: word ${word}\n\n`), costAtomic: 40n }
    }
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
