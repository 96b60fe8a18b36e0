/** Streams that are paid while they are read: our payer at our own sellers, over MPP sessions on a real chain. */
import { isKoinonError } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMppClientWire } from '../mpp/client/mpp-wire.ts'
import type { PayerPolicy } from '../rules/payer-policy.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { startMppShop } from '../testing/mpp-shop.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { x402Wire } from '../x402/client/x402-wire.ts'
import { createX402Wire } from '../x402/provider/x402-wire.ts'
import { payingFetch, receiptOf } from './paying-fetch.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

let network: TestNetwork
let shop: Awaited<ReturnType<typeof startMppShop>>
let payers = 0

beforeAll(async () => {
  network = await startNetwork()
  const [seller, gas] = await Promise.all([network.fund('seller'), network.fund('gas')])
  shop = await startMppShop(network, seller, gas)
})

afterAll(async () => {
  await shop.close()
  await network.close()
})

/** The shop's words cost 40 each in steps of 100, two to a step. */
async function buyer(policy: Partial<PayerPolicy> = {}, send: typeof fetch = fetch) {
  const { secretKey } = (await network.fund(`buyer ${payers++}`)) as Funded
  const payer = testPayer(network, secretKey, {}, policy)
  const pay = payingFetch({ payer, wires: [createMppClientWire()], fetch: send, steps: 'always' })
  return { payer, pay }
}

async function readAll(response: Response): Promise<{ text: string; code: string | undefined }> {
  let text = ''
  try {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(part).toString()
    return { text, code: undefined }
  } catch (error) {
    return { text, code: isKoinonError(error) ? error.code : String(error) }
  }
}

const words = (count: number) => Array.from({ length: count }, (_, word) => `data: word ${word + 1}\n\n`).join('')

describe('a stream paid while it is read', () => {
  it('costs what was sent, within what a call may cost, and is followed by the next call on the same channel', async () => {
    const { payer, pay } = await buyer()
    for (const [count, owed] of [
      [7, 280n],
      [3, 400n],
    ] as const) {
      const answer = await pay(`${shop.url}/stream/${count}`)
      expect([answer.status, await readAll(answer)]).toEqual([200, { text: words(count), code: undefined }])
      expect(receiptOf(answer)).toMatchObject({ chargedAtomic: BigInt(count) * 40n, isStated: true })
      expect(payer.channels()).toMatchObject([{ owedAtomic: owed }])
    }
    expect([payer.spent(), payer.openCalls()]).toEqual([400n, []])
  })

  it('stops where the limits stop, saying so, and owes what was read', async () => {
    const { payer, pay } = await buyer({ maximumPerCallAtomic: 250n })
    expect(await readAll(await pay(`${shop.url}/stream/1000`))).toEqual({
      text: words(4),
      code: 'payments/stream-stopped',
    })
    const [channel] = payer.channels()
    const owed = () => (shop.book.get(channel?.channelId ?? '0x')?.owedPicoUsd ?? 0n) / 1_000_000n
    await expect.poll(owed).toBe(160n)
    // The seller's books are believed at the next call, as far as vouchers go.
    const next = await pay(`${shop.url}/stream/1`)
    expect((await readAll(next)).text).toBe(words(1))
    expect(payer.channels()).toMatchObject([{ owedAtomic: 200n }])
  })

  it('pays no further when nobody reads any more', async () => {
    const { payer, pay } = await buyer()
    const answer = await pay(`${shop.url}/stream/1000`)
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    const [signed] = payer.channels()
    await expect.poll(() => payer.openCalls().length).toBe(1)
    expect(signed?.signedAtomic).toBeLessThanOrEqual(200n)
  })

  it('is not paid on to a seller that asks for more than a step, or for a step before it sent anything', async () => {
    for (const asked of [201n, 10_000n]) {
      const greedy: typeof fetch = async (input, init) => {
        const response = await fetch(input, init)
        if (response.body === null || response.status !== 200) return response
        const text = (await response.text()).replace(/"requiredCumulative":"\d+"/, `"requiredCumulative":"${asked}"`)
        return new Response(text, { headers: response.headers })
      }
      const { payer, pay } = await buyer({}, greedy)
      const { code } = await readAll(await pay(`${shop.url}/stream/9`))
      expect([code, payer.channels()[0]?.signedAtomic]).toEqual(['payments/stream-stopped', 100n])
    }
  })

  it('is paid whole where the seller offers no steps', async () => {
    const { pay } = await buyer()
    const answer = await pay(`${shop.url}/paid/whole`)
    expect([answer.status, receiptOf(answer)?.chargedAtomic]).toEqual([200, 1_000n])
  })

  it('is paid by steps where the whole is more than the limits allow, and not begun where a step is too', async () => {
    const [seller, gas] = await Promise.all([network.fund('two wires'), network.fund('two wires gas')])
    const both = await startMppShop(network, seller, gas, 1_000, (desk) => [
      createX402Wire({ standing: (id, most) => desk.standing(id, most) }),
    ])
    const open = async (maximumPerCallAtomic: bigint) => {
      const { secretKey } = (await network.fund(`buyer ${payers++}`)) as Funded
      const payer = testPayer(network, secretKey, {}, { maximumPerCallAtomic })
      return { payer, pay: payingFetch({ payer, wires: [x402Wire, createMppClientWire()], steps: 'beyondLimits' }) }
    }
    const rich = await open(400n)
    const whole = await rich.pay(`${both.url}/stream/3`)
    expect([(await readAll(whole)).text, rich.payer.channels()[0]?.signedAtomic]).toEqual([words(3), 400n])
    const { payer, pay } = await open(250n)
    expect(await readAll(await pay(`${both.url}/stream/4`))).toEqual({ text: words(4), code: undefined })
    expect(payer.channels()).toMatchObject([{ owedAtomic: 160n, signedAtomic: 200n }])
    const cut = await pay(`${both.url}/stream/1000`)
    await expect(cut.text()).rejects.toMatchObject({
      code: 'payments/stream-stopped',
      message: expect.stringContaining('may cost up to 0.0003 dollars, and one call may cost at most 0.00025 dollars'),
    })
    const poor = await open(99n)
    await expect(poor.pay(`${both.url}/stream/1`)).rejects.toMatchObject({
      code: 'payments/over-limit',
      details: { limit: 'perCall', askedAtomic: '400', limitAtomic: '99', leftAtomic: '99' },
    })
    expect([poor.payer.spent(), poor.payer.openCalls()]).toEqual([0n, []])
    await both.close()
  })
})
