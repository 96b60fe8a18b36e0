import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToHex, sleep } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createStreamDelivery, type Delivery } from './delivery.ts'
import { createSteppedDelivery } from './stepped-delivery.ts'

const events = [1, 2, 3, 4, 5].map((word) => `data: {"word":${word}}\n\n`)
const done = 'data: [DONE]\n\n'
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A stream whose events cost 1 each, of which `covered` are paid and each voucher pays 2 more, `vouchers` times. */
async function play(vouchers: number, feed: (delivery: Delivery) => void, waitingBytes = 10_000) {
  let coveredPicoUsd = 2n
  let stops = 0
  const payments = {
    get coveredPicoUsd() {
      return coveredPicoUsd
    },
    async cover(total: bigint, ask: (event: Uint8Array) => void) {
      while (coveredPicoUsd < total) {
        ask(Buffer.from(`event: need\ndata: ${total}\n\n`))
        await sleep(5)
        if (vouchers-- <= 0) return false
        coveredPicoUsd += 2n
      }
      return true
    },
  }
  const answered = Promise.withResolvers<{ hash: string; length: number }>()
  const serve = async (response: ServerResponse) => {
    const inner = createStreamDelivery({
      response,
      headers: () => ({}),
      maximumBytes: 10_000,
      unsentBytes: 10_000,
      trailers: [],
    })
    const stop = () => {
      stops += 1
    }
    const delivery = createSteppedDelivery({ inner, payments, priceOf: BigInt, stop, waitingBytes })
    feed(delivery)
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
  return { closed: await answered.promise, text: await text, stops: () => stops }
}

const whole = (delivery: Delivery) => {
  delivery.data(Buffer.from(events.slice(0, 2).join('')))
  delivery.data(Buffer.from(events.slice(2).join('') + done))
}
const hashOfAll = bytesToHex(sha256Native(events.join('')))

describe('a stream that is paid by the step', () => {
  it('passes every byte on once it is covered, and hashes none of the payments', async () => {
    const { closed, text, stops } = await play(9, whole)
    expect(text).toBe(
      `${events.slice(0, 2).join('')}event: need\ndata: 3\n\n${events.slice(2, 4).join('')}event: need\ndata: 5\n\n${events[4]}end`,
    )
    expect([closed.hash, stops()]).toEqual([hashOfAll, 0])
  })

  it('ends for the client where the vouchers end, and still knows what the provider signed', async () => {
    const { closed, text, stops } = await play(1, whole)
    expect(text).toBe(
      `${events.slice(0, 2).join('')}event: need\ndata: 3\n\n${events.slice(2, 4).join('')}event: need\ndata: 5\n\nend`,
    )
    expect([closed.hash, stops()]).toEqual([hashOfAll, 1])
  })

  it('stops when more waits for a voucher than may', async () => {
    const { text, stops } = await play(9, whole, 30)
    expect([text.includes('"word":5'), stops()]).toEqual([false, 1])
  })

  it('tells a broken stream from a whole one', async () => {
    await expect(play(9, (delivery) => delivery.data(Buffer.from('data: 1\n\ndata: bro')))).rejects.toMatchObject({
      code: 'gateway/bad-answer',
    })
  })
})
