import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToHex, sleep } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createStreamDelivery, type Delivery } from './delivery.ts'
import { createSteppedDelivery } from './stepped-delivery.ts'

const eventsOf = (count: number) => Array.from({ length: count }, (_, word) => `data: {"word":${word + 1}}\n\n`)
const events = eventsOf(11)
const done = 'data: [DONE]\n\n'
const need = 'event: need\ndata: voucher\n\n'
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

type Play = { readonly vouchers: number; readonly feed?: (delivery: Delivery) => Promise<void> | void }

/** A stream whose events cost 1 each in steps of 4; `vouchers` buy a step each, 2 ms after they are asked for. */
async function play({ vouchers, feed = slowly }: Play) {
  let [coveredPicoUsd, left, stops] = [4n, vouchers, 0]
  const payments = {
    get coveredPicoUsd() {
      return coveredPicoUsd
    },
    async cover(total: bigint, ask: (event: Uint8Array) => void) {
      while (coveredPicoUsd < total) {
        ask(Buffer.from(need))
        await sleep(2)
        if (left-- <= 0) return false
        coveredPicoUsd += 4n
      }
      return true
    },
  }
  const stop = () => {
    stops += 1
  }
  const answered = Promise.withResolvers<{ hash: string; length: number }>()
  const serve = async (response: ServerResponse) => {
    const limits = { maximumBytes: 10_000, unsentBytes: 10_000 }
    const inner = createStreamDelivery({ response, headers: () => ({}), ...limits, trailers: [] })
    const delivery = createSteppedDelivery({
      inner,
      payments,
      priceOf: BigInt,
      stop,
      stepEvents: 4,
      maximumBytes: 10_000,
    })
    await feed(delivery)
    await delivery.drained?.()
    answered.resolve(delivery.close())
    response.end('end')
  }
  const server = createServer((_, response) => {
    serve(response).catch((error) => {
      answered.reject(error)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close().closeAllConnections())
  const text = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    .then((response) => response.text())
    .catch(() => '')
  return { closed: await answered.promise, text: await text, stops }
}

async function slowly(delivery: Delivery): Promise<void> {
  for (const event of [...events, done]) {
    delivery.data(Buffer.from(event))
    await sleep(5)
  }
}

const flood = eventsOf(40)
function atOnce(delivery: Delivery): void {
  delivery.data(Buffer.from([...flood, done].join('')))
}

const hashOfAll = bytesToHex(sha256Native(events.join('')))

describe('a stream that is paid by the step', () => {
  it('passes every byte on, asks before a step is used up, and hashes none of the payments', async () => {
    const { closed, text, stops } = await play({ vouchers: 9 })
    expect(text.replaceAll(need, '')).toBe(`${events.join('')}end`)
    const words = text.split(need).map((part) => part.split('data: ').length - 1)
    expect(words).toEqual([2, 4, 4, 1])
    expect([closed.hash, stops]).toEqual([hashOfAll, 0])
  })

  it('ends for the client where the vouchers end, and still knows what the provider signed', async () => {
    const { closed, text, stops } = await play({ vouchers: 1 })
    expect(text.replaceAll(need, '')).toBe(`${events.slice(0, 8).join('')}end`)
    expect([closed.hash, stops]).toEqual([hashOfAll, 1])
  })

  it('stops a provider that runs more than eight steps ahead of the vouchers', async () => {
    const { closed, text, stops } = await play({ vouchers: 99, feed: atOnce })
    expect(text).not.toContain(`"word":${flood.length}`)
    expect([closed.hash, stops]).toEqual([bytesToHex(sha256Native(flood.join(''))), 1])
  })

  it('ends with an answer that is too long, though none of its events ever is whole', async () => {
    const feed = (delivery: Delivery) => {
      for (let part = 0; part < 11; part++) delivery.data(Buffer.alloc(1_000, 'a'))
    }
    const ended = play({ vouchers: 9, feed })
    await expect(ended).rejects.toMatchObject({ code: 'gateway/bad-answer', message: /longer than 10000 bytes/ })
  })

  it('tells a broken stream from a whole one', async () => {
    const feed = (delivery: Delivery) => delivery.data(Buffer.from('data: 1\n\ndata: bro'))
    await expect(play({ vouchers: 9, feed })).rejects.toMatchObject({ code: 'gateway/bad-answer' })
  })
})
