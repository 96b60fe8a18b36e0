import { afterEach, describe, expect, it } from 'vitest'
import { type Lies, type LyingProvider, startLyingProvider } from '../testing/lying-provider.ts'
import { testParty, testSession } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 16 }
let network: TestNetwork | undefined
let liar: LyingProvider | undefined

async function setup(lies: Lies, honestProviders = 0): Promise<{ network: TestNetwork; liar: LyingProvider }> {
  const providers = Array.from({ length: honestProviders }, () => ({ engine: new ScriptedEngine() }))
  network = await startTestNetwork({ providers, limits: { silenceTimeoutMs: 1_000, firstByteTimeoutMs: 1_000 } })
  liar = await startLyingProvider(network.gateway.account)
  liar.lies = lies
  await network.connect(liar.party.account, liar.url)
  return { network, liar }
}

afterEach(async () => {
  await network?.close()
  await liar?.close()
  network = undefined
})

const other: `0x${string}` = `0x${'77'.repeat(32)}`
const lies: [string, Lies, RegExp][] = [
  ['another request hash', { receipt: { requestHash: other } }, /request hash/],
  ['another response hash', { receipt: { responseHash: other } }, /response hash/],
  ['more output tokens than allowed', { work: { outputTokens: 17 } }, /allowed were 16/],
  ['more output tokens than bytes', { work: { maxTokens: 16, outputTokens: 16, promptTokens: 400 } }, /prompt tokens/],
  ['another price', { work: { outputPricePicoUsdPerToken: 200_001n } }, /price/],
  [
    'an amount above tokens times price',
    { receipt: { amountPicoUsd: 999_999n, cumulativePicoUsd: 999_999n } },
    /amount/,
  ],
  ['another channel', { receipt: { channelId: other } }, /channel/],
  ['another chain', { receipt: { chainId: 1 } }, /chain/],
  ['another payer', { receipt: { payer: `0x${'77'.repeat(20)}` } }, /parties/],
  ['a receipt of another request', { receipt: { requestId: `0x${'77'.repeat(16)}` } }, /another request/],
  ['a time long ago', { receipt: { receivedAtMs: 1, firstByteAtMs: 1, endedAtMs: 1 } }, /time/],
  ['work that is not the signed one', { signed: (s) => ({ ...s, work: { ...s.work, outputTokens: 1 } }) }, /\bwork\b/],
  ['an answer broken off by itself', { work: { finishReason: 'abort' } }, /nobody cancelled/],
  ['a broken signature', { signed: (s) => ({ ...s, signature: `0x${'11'.repeat(64)}` }) }, /signature/],
]

describe('a provider that lies', () => {
  it('is believed while it does not', async () => {
    const { network } = await setup({})
    expect((await network.post('/v1/chat/completions', hello)).status).toBe(200)
    expect(network.owed().owedPicoUsd).toBe(650_000n)
  })

  it.each(lies)('about %s is not paid and the client is not charged', async (_, told, reason) => {
    const { network, liar } = await setup(told)
    const response = await network.post('/v1/chat/completions', hello)
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    expect([response.status, error.code]).toEqual([503, 'no_provider'])
    expect(network.events).toContainEqual(
      expect.objectContaining({ kind: 'attemptFailed', reason: 'dishonest', message: expect.stringMatching(reason) }),
    )
    expect(network.owed()).toEqual({ owedPicoUsd: 0n, reservedPicoUsd: 0n })
    expect(network.table.get(liar.party.account)?.isPaused(Date.now())).toBe(true)
  })

  it('with a session key delegated by somebody else is not paid', async () => {
    const foreign = await testSession(testParty('somebody else'))
    const { network } = await setup({ signed: (signed) => ({ ...signed, delegation: foreign.delegation }) })
    expect((await network.post('/v1/chat/completions', hello)).status).toBe(503)
    expect(network.owed().owedPicoUsd).toBe(0n)
  })

  it('that repeats an earlier receipt is not paid twice', async () => {
    const { network, liar } = await setup({})
    let first: Parameters<NonNullable<Lies['signed']>>[0] | undefined
    liar.lies = {
      signed: (signed) => {
        first ??= signed
        return first
      },
    }
    expect((await network.post('/v1/chat/completions', hello)).status).toBe(200)
    expect((await network.post('/v1/chat/completions', hello)).status).toBe(503)
    expect(network.owed().owedPicoUsd).toBe(650_000n)
  })

  it('in a stream ends it with an error event instead of [DONE]', async () => {
    const { network } = await setup({ work: { outputTokens: 17 } })
    const response = await network.post('/v1/chat/completions', { ...hello, stream: true })
    const text = await response.text()
    expect(text).toContain('"content":"lie"')
    expect(text).not.toContain('[DONE]')
    const last = JSON.parse(text.trim().split('\n\n').at(-1)?.slice(6) ?? '')
    expect(last.error).toMatchObject({ code: 'provider_failed', type: 'server_error' })
    expect(last.error.message).toMatch(/not charged.*Send the request again/)
    expect(network.owed()).toEqual({ owedPicoUsd: 0n, reservedPicoUsd: 0n })
  })

  it('loses the request to an honest one when nothing was sent yet', async () => {
    const { network, liar } = await setup({ receipt: { responseHash: other } }, 1)
    const answers = await Promise.all(Array.from({ length: 8 }, () => network.post('/v1/chat/completions', hello)))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(new Set(answers.map(({ headers }) => headers.get('x-koinon-provider')))).not.toContain(liar.party.account)
  })
})

describe('a provider that breaks off', () => {
  it.each<[string, Lies]>([
    ['before the first byte', { answer: (response) => response.destroy() }],
    [
      'in the middle of a JSON body',
      { answer: (response, { body }) => response.write(body.slice(0, 20), () => response.destroy()) },
    ],
    ['after the last byte, without a trailer', { answer: (response, { body }) => response.end(body) }],
    [
      'after the last byte, without ending',
      { answer: (response, { body }) => response.write(body, () => response.destroy()) },
    ],
    ['with garbage as receipt', { answer: (response, { body }) => finish(response, body, 'AAAA') }],
    ['with an endless body', { answer: (response) => pour(response) }],
    ['with another content', { answer: (response) => response.end() }],
  ])('%s costs nothing and the request goes elsewhere', async (_, told) => {
    const { network } = await setup(told, 1)
    const honest = network.providers[0]?.party.account
    const answers = await Promise.all(Array.from({ length: 6 }, () => network.post('/v1/chat/completions', hello)))
    expect(answers.map(({ status, headers }) => [status, headers.get('x-koinon-provider')])).toEqual(
      Array.from({ length: 6 }, () => [200, honest]),
    )
    expect(network.owed()).toEqual({ owedPicoUsd: 6n * 1_050_000n, reservedPicoUsd: 0n })
  })

  it.each<[string, Lies]>([
    ['in the middle', { answer: (response, { body }) => response.write(body.slice(0, 60), () => response.destroy()) }],
    ['before [DONE]', { answer: (response, { body }) => response.end(body.replace('data: [DONE]\n\n', '')) }],
    ['after [DONE], without a trailer', { answer: (response, { body }) => response.end(body) }],
    ['by silence', { answer: (response, { body }) => void response.write(body.slice(0, 60)) }],
    [
      'by more after [DONE]',
      { answer: (response, { body, trailer }) => finish(response, `${body}data: {}\n\n`, trailer) },
    ],
  ])('%s of a stream ends it with an error event', async (_, told) => {
    const { network } = await setup(told)
    const text = await (await network.post('/v1/chat/completions', { ...hello, stream: true })).text()
    expect(text).toContain('provider_failed')
    expect(text).not.toContain(': koinon-receipt')
    expect(network.owed()).toEqual({ owedPicoUsd: 0n, reservedPicoUsd: 0n })
  })
})

function finish(response: Parameters<NonNullable<Lies['answer']>>[0], body: string, trailer: string): void {
  response.write(body)
  response.addTrailers({ 'x-koinon-receipt': trailer })
  response.end()
}

function pour(response: Parameters<NonNullable<Lies['answer']>>[0]): void {
  const part = Buffer.alloc(1 << 20, 0x20)
  const more = (): void => {
    if (!response.destroyed) response.write(part, () => setImmediate(more))
  }
  more()
}
