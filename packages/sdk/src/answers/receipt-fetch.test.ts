/** What a gateway, or whoever sits before it, may do to an answer and its receipt. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import type { PaymentReceipt } from '@koinon/payments/client'
import { bundleToJson, type ReceiptBundle } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AnswerReceipt, receiptFetch } from '../index.ts'
import { checkAnswer } from './check-answer.ts'
import { keepBytes } from './kept-bytes.ts'

type Answer = { readonly status?: number; readonly headers: Record<string, string>; readonly body: Buffer }

let network: TestNetwork
let middle: Server
let baseUrl: string
/** What the one in the middle makes of an answer. */
let change: (answer: Answer) => Answer = (answer) => answer
beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
  middle = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { authorization } = request.headers
    const answer = await fetch(`${network.url}${request.url}`, {
      method: request.method ?? 'GET',
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      ...(parts.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(parts)) }),
    })
    const { status, headers, body } = change({
      headers: {
        'content-type': answer.headers.get('content-type') ?? '',
        'x-koinon-receipt': answer.headers.get('x-koinon-receipt') ?? '',
      },
      body: Buffer.from(await answer.arrayBuffer()),
    })
    response.writeHead(status ?? answer.status, headers).end(body)
  })
  await new Promise<void>((ready) => middle.listen(0, '127.0.0.1', ready))
  baseUrl = `http://127.0.0.1:${(middle.address() as AddressInfo).port}/v1`
})
afterAll(async () => {
  middle.closeAllConnections()
  middle.close()
  await network.close()
})

async function ask(stream: boolean, words = 'Hello'): Promise<{ text: string; receipt: AnswerReceipt }> {
  const { promise, resolve } = Promise.withResolvers<AnswerReceipt>()
  const fetch = receiptFetch({ onReceipt: resolve })
  const answer = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${network.apiKey.text}` },
    body: JSON.stringify({ model: 'default', stream, max_tokens: 16, messages: [{ role: 'user', content: words }] }),
  })
  return { text: await answer.text(), receipt: await promise }
}

async function failing(stream: boolean, changed: typeof change, words?: string): Promise<readonly string[]> {
  change = changed
  try {
    const { receipt } = await ask(stream, words)
    return receipt.checks.filter(({ state }) => state === 'fail').map(({ name }) => name)
  } finally {
    change = (answer) => answer
  }
}

const withText = (edit: (text: string) => string) => (answer: Answer) => ({
  ...answer,
  body: Buffer.from(edit(answer.body.toString())),
})

describe('an answer passed on as it is', () => {
  it.each([false, true])('fails nothing (stream %s)', async (stream) => {
    expect(await failing(stream, (answer) => answer)).toEqual([])
  })
})

describe('one in the middle', () => {
  it('cannot change a word', async () => {
    const changed = withText((text) => text.replace('engine', 'enemy!'))
    expect(await failing(false, changed)).toEqual(['response', 'hop2.response'])
    expect(await failing(true, changed)).toEqual(['response', 'hop2.response'])
  })

  it('cannot answer one question with the answer to another', async () => {
    let first: Answer | undefined
    await failing(true, (answer) => {
      first = answer
      return answer
    })
    expect(await failing(true, () => first as Answer, 'What else?')).toEqual(['request', 'hop2.request'])
  })

  it('cannot show the receipt of another answer', async () => {
    const other = await ask(false)
    const changed = (answer: Answer): Answer =>
      answer.headers['x-koinon-receipt'] === ''
        ? answer
        : { ...answer, headers: { ...answer.headers, 'x-koinon-receipt': other.receipt.receiptId as string } }
    expect(await failing(false, changed, 'What else?')).toEqual(expect.arrayContaining(['request', 'response']))
    expect(await failing(true, changed)).toEqual(['receipt'])
  })

  it('cannot leave the receipt out, or make it unreadable, and pass', async () => {
    expect(
      await failing(
        true,
        withText((text) => text.replace(/: koinon-receipt .*\n\n/, '')),
      ),
    ).toEqual(['receipt'])
    expect(
      await failing(
        true,
        withText((text) => text.replace(/: koinon-receipt .*/, ': koinon-receipt !')),
      ),
    ).toEqual(['receipt'])
    expect(await failing(false, (answer) => ({ ...answer, headers: { 'content-type': 'application/json' } }))).toEqual([
      'receipt',
    ])
    const forged = { success: true, extensions: { 'offer-receipt': { info: { koinonReceipt: { v: 1, hops: [] } } } } }
    for (const header of [btoa(JSON.stringify(forged)), btoa('{'), btoa('{}'), 'no base64 !']) {
      const changed = (answer: Answer) => ({ ...answer, headers: { ...answer.headers, 'payment-response': header } })
      expect(await failing(false, changed)).toEqual(['receipt'])
    }
  })

  it('leaves open what cannot be had: that is no pass', async () => {
    change = (answer) => (answer.headers['x-koinon-receipt'] === '' ? { ...answer, status: 503 } : answer)
    const { text, receipt } = await ask(false)
    change = (answer) => answer
    expect(text).toContain('Hello from the engine')
    expect(receipt.checks).toMatchObject([{ name: 'receipt', state: 'notChecked' }])
  })
})

it('asks for a receipt by a plain fetch, so that a gateway cannot sell receipts to one that pays', async () => {
  const asked: string[] = []
  const { promise, resolve } = Promise.withResolvers<AnswerReceipt>()
  const pays = receiptFetch({
    fetch: (input, init) => {
      asked.push(String(input))
      return fetch(input, init)
    },
    onReceipt: resolve,
  })
  const answer = await pays(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${network.apiKey.text}` },
    body: JSON.stringify({ model: 'default', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  await answer.text()
  expect((await promise).bundle?.hops).toHaveLength(2)
  expect(asked).toEqual([`${baseUrl}/chat/completions`])
})

describe('what was paid', () => {
  it('must be what the receipt says, on the channel that was paid from', async () => {
    const { text, receipt } = await ask(false)
    const outer = receipt.bundle?.hops[0]?.receipt
    if (outer === undefined) throw new Error('no receipt')
    const payment = {
      backEnd: 'channel',
      payer: outer.payer,
      terms: { payTo: outer.payee },
      channelId: outer.channelId,
      chargedAtomic: (outer.amountPicoUsd + 999_999n) / 1_000_000n,
      isStated: true,
    } as PaymentReceipt
    const stateWith = async (changes: Partial<PaymentReceipt>) => {
      const { checks } = await checkAnswer({
        request: undefined,
        response: new TextEncoder().encode(text),
        isStream: false,
        receiptId: receipt.receiptId,
        findReceipt: async () => bundleToJson(receipt.bundle as ReceiptBundle),
        payment: { ...payment, ...changes },
        chainId: undefined,
      })
      return checks.find(({ name }) => name === 'payment')?.state
    }
    expect(await stateWith({})).toBe('pass')
    expect(await stateWith({ chargedAtomic: 0n, isStated: false })).toBe('pass')
    expect(outer.amountPicoUsd % 1_000_000n).toBeGreaterThan(0n)
    expect(await stateWith({ chargedAtomic: payment.chargedAtomic - 1n })).toBe('pass')
    expect(await stateWith({ chargedAtomic: payment.chargedAtomic - 2n })).toBe('fail')
    expect(await stateWith({ chargedAtomic: payment.chargedAtomic + 1n })).toBe('fail')
    expect(await stateWith({ channelId: `0x${'01'.repeat(32)}` })).toBe('fail')
    expect(await stateWith({ payer: `0x${'02'.repeat(20)}` })).toBe('fail')
    expect(await stateWith({ backEnd: 'exact', chargedAtomic: payment.chargedAtomic + 9n })).toBe('pass')
    expect(await stateWith({ backEnd: 'exact', chargedAtomic: 0n })).toBe('fail')
  })
})

describe('keepBytes', () => {
  const streamOf = (...parts: string[]) => new Response(parts.join('')).body as ReadableStream<Uint8Array>

  it('keeps what was read, and only so much', async () => {
    const short = keepBytes(streamOf('abc', 'de'), 5)
    expect(await new Response(short.body).text()).toBe('abcde')
    expect(await short.kept).toEqual({ bytes: new TextEncoder().encode('abcde') })
    const long = keepBytes(streamOf('abc', 'def'), 5)
    expect(await new Response(long.body).text()).toBe('abcdef')
    expect(await long.kept).toEqual({ problem: 'it is longer than 5 bytes' })
  })

  it('says when nobody read it to its end, or it broke off', async () => {
    const left = keepBytes(streamOf('abc'), 5)
    await left.body.cancel()
    expect(await left.kept).toEqual({ problem: 'it was not read to its end' })
    const broken = keepBytes(new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) }), 5)
    await expect(new Response(broken.body).text()).rejects.toThrow('gone')
    expect(await broken.kept).toEqual({ problem: 'it broke off' })
  })
})
