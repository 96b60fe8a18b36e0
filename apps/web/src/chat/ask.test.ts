import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256Hex } from '@koinon/base'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeNetwork } from '../../dev/fake-network.ts'
import { summariseBundle } from '../receipts/bundle-summary.ts'
import { checkReceipt } from '../receipts/check-receipt.ts'
import { tally } from '../receipts/check-words.ts'
import { ask } from './ask.ts'
import type { Turn } from './turn.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('ask', () => {
  test('streams an answer whose receipt holds for the very bytes that came', async () => {
    const { network, url } = await setup()
    const { turn, last } = await askAt(url, network.state.firstKey, 'What is a subnet?')
    expect(last.state).toBe('done')
    expect(last.answer).toContain('market for one kind of work')
    expect(turn.promptTokens).toBeGreaterThan(0)
    expect(turn.firstByteMs).toBeLessThanOrEqual(last.totalMs as number)
    const { checks } = checkReceipt({ ...last.receipt, bundle: last.receipt?.bundle, expectedId: turn.receiptId })
    expect(tally(checks).failed).toBe(0)
    expect(checks.find((check) => check.name === 'response')?.state).toBe('pass')
    expect(checks.find((check) => check.name === 'hop2.request')?.state).toBe('pass')
  })

  test('hashes the request as it was sent, to the byte', async () => {
    const { network, url } = await setup()
    const { last } = await askAt(url, network.state.firstKey, 'Was kostet ein „Ja“? 🙂')
    const kept = network.state.records[0]
    expect(last.receipt?.requestHash).toBe(sha256Hex(kept?.requestBytes as Uint8Array))
    expect(last.receipt?.responseHash).toBe(sha256Hex(kept?.responseBytes as Uint8Array))
  })

  test('marks an answer that the model itself marked as unsure, and leaves its words alone', async () => {
    const { network, url } = await setup()
    const { turn, last } = await askAt(url, network.state.firstKey, 'Who won the race?')
    expect(turn.unsure).toBe(true)
    expect(last.answer).toMatch(/^I am a small model/)
  })

  test('reports a refused key with its next step and without a receipt', async () => {
    const { url } = await setup()
    const { last } = await askAt(url, 'sk-koinon-unknown', 'What is a subnet?')
    expect(last).toMatchObject({ state: 'failed', answer: '', error: { code: 'keys/unknown' } })
    expect(last.error?.hint).toMatch(/Wallet & keys/)
    expect(last.receipt).toBeUndefined()
  })

  test('keeps what arrived when the person stops, and is then no error', async () => {
    const { network, url } = await setup({ paceMs: 20 })
    const stop = new AbortController()
    const { last } = await askAt(url, network.state.firstKey, 'A long story', stop, (turn) => {
      if ((turn.answer?.length ?? 0) > 20) stop.abort()
    })
    expect(last.state).toBe('stopped')
    expect(last.answer?.length).toBeGreaterThan(20)
    expect(last.error).toBeUndefined()
    expect(network.state.records.some((record) => record.summary.id === last.receiptId)).toBe(false)
  })

  test('says so when the answer breaks off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"delta":{"content":"half an"}}]}\n\n', () => response.destroy())
    })
    const { last } = await askAt(url, 'key', 'Hello')
    expect(last).toMatchObject({ state: 'broken', answer: 'half an' })
    expect(last.error?.hint).toBeDefined()
  })

  test('takes an end without [DONE] for a broken answer', async () => {
    const url = await serve((_, response) => response.end('data: {"choices":[{"delta":{"content":"half"}}]}\n\n'))
    const { last } = await askAt(url, 'key', 'Hello')
    expect(last).toMatchObject({ state: 'broken', error: { code: 'web/broken-off', retry: 'now' } })
  })

  test('shows an error that the gateway sent in the stream', async () => {
    const url = await serve((_, response) =>
      response.end(
        'data: {"error":{"message":"The provider went away. Ask again.","code":"inference/lost"}}\n\ndata: [DONE]\n\n',
      ),
    )
    const { last } = await askAt(url, 'key', 'Hello')
    expect(last.error).toMatchObject({ code: 'inference/lost', message: 'The provider went away. Ask again.' })
    expect(last.state).toBe('broken')
  })

  test('takes the unsure mark from the header too', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'x-koinon-unsure': '1' })
      response.end('data: [DONE]\n\n')
    })
    const { turn } = await askAt(url, 'key', 'Hello')
    expect(turn.unsure).toBe(true)
  })

  test('hands on a receipt that cannot be read, so that the check can fail on it', async () => {
    const url = await serve((_, response) => response.end(': koinon-receipt !!!\n\ndata: [DONE]\n\n'))
    const { last } = await askAt(url, 'key', 'Hello')
    expect(last.receipt).toBeDefined()
    expect(summariseBundle(last.receipt?.bundle)).toBeUndefined()
    expect(checkReceipt({ bundle: last.receipt?.bundle }).checks).toMatchObject([{ name: 'shape', state: 'fail' }])
  })

  test('fails with words about the gateway when nobody listens', async () => {
    const url = await serve((_, response) => response.end())
    await closers.pop()?.()
    const { last } = await askAt(url, 'key', 'Hello')
    expect(last).toMatchObject({ state: 'failed', error: { code: 'web/unreachable' } })
  })
})

async function setup(options: { readonly paceMs?: number } = {}): Promise<{ network: FakeNetwork; url: string }> {
  const network = new FakeNetwork({ paceMs: options.paceMs ?? 0 })
  const url = await network.start()
  closers.push(() => network.stop())
  return { network, url }
}

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function askAt(
  base: string,
  apiKey: string,
  question: string,
  stop = new AbortController(),
  watch: (turn: Partial<Turn>) => void = () => undefined,
): Promise<{ turn: Partial<Turn>; last: Partial<Turn> }> {
  let turn: Partial<Turn> = {}
  const last = await ask({
    door: { base, fetch },
    apiKey,
    model: 'default',
    messages: [{ role: 'user', content: question }],
    nowMs: () => performance.now(),
    signal: stop.signal,
    onProgress: (facts) => {
      turn = { ...turn, ...facts }
      watch(turn)
    },
  })
  return { turn, last }
}
