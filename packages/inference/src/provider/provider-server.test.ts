import { bytesToHex, type Hex, systemClock, systemRandom } from '@koinon/base'
import { sha256Native, verifySessionNative } from '@koinon/base/node'
import type { SigningSession } from '@koinon/payments/core'
import { channelIdOf, encodeVoucherHeader, voucherToJson } from '@koinon/payments/rules'
import { nodeRequestHeader, parseSignedReceipt, signNodeRequest } from '@koinon/work'
import { request as undiciRequest } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { verifyOffer } from '../rules/offer.ts'
import { readInferenceWork } from '../rules/work.ts'
import { HeldEngine } from '../testing/held-engine.ts'
import { temporaryFolder, testChannel, testDomain, testParty, testSession } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestProvider, type TestProvider, type TestProviderOptions } from '../testing/test-provider.ts'
import { until } from '../testing/wait.ts'

const path = '/v1/chat/completions'
const hello = JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'Hello' }] })
const gateway = testParty('gateway')
let cleanUp: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step()
  cleanUp = []
})

describe('signed requests', () => {
  it('are answered with the signed receipt as trailer', async () => {
    const { ask, provider } = await setup()
    const { statusCode, body, trailers } = await ask({})
    const text = await body.text()
    const json = JSON.parse(Buffer.from(String(trailers['x-koinon-receipt']), 'base64url').toString())
    const signed = parseSignedReceipt(json)
    expect([statusCode, readInferenceWork(signed).outputTokens]).toEqual([200, 4])
    expect(signed.receipt.responseHash).toBe(bytesToHex(sha256Native(text)))
    expect(provider.events).toMatchObject([{ kind: 'answer', outcome: 'final', outputTokens: 4 }])
  })

  it.each<[string, Partial<Ask>, number, string]>([
    ['none', { header: '' }, 401, 'request/unsigned'],
    ['garbage', { header: 'AAAA' }, 401, 'request/malformed'],
    ['one for another recipient', { recipient: `0x${'12'.repeat(20)}` }, 401, 'request/misdirected'],
    ['one for another path', { signedPath: '/v1/completions' }, 401, 'request/misdirected'],
    ['one for another body', { signedBody: '{}' }, 401, 'request/misdirected'],
    ['an expired one', { expiresInMs: -1 }, 401, 'request/expired'],
    ['one from the far future', { expiresInMs: 120_000 }, 401, 'request/expired'],
  ])('%s is refused', async (_, changes, status, code) => {
    const { ask, engine } = await setup()
    const { statusCode, body } = await ask(changes)
    expect([statusCode, ((await body.json()) as ErrorBody).error.code]).toEqual([status, code])
    expect(engine.begun).toBe(0)
  })

  it('signed by a key that nobody delegated is refused', async () => {
    const { ask } = await setup()
    const [own, foreign] = await Promise.all([testSession(gateway), testSession(testParty('stranger'))])
    const { statusCode, body } = await ask({ session: { signer: foreign.signer, delegation: own.delegation } })
    expect([statusCode, ((await body.json()) as ErrorBody).error.code]).toEqual([401, 'request/forged'])
  })

  it('are answered once: a replayed header and a repeated request id are refused', async () => {
    const { ask, header, engine } = await setup()
    const signed = await header({})
    const requestId = bytesToHex(systemRandom(16))
    expect((await ask({ header: signed, requestId })).statusCode).toBe(200)
    expect((await ask({ header: signed, requestId: bytesToHex(systemRandom(16)) })).statusCode).toBe(409)
    expect((await ask({ requestId })).statusCode).toBe(409)
    expect(engine.begun).toBe(1)
  })

  it('under a request id of another payer are refused: evidence is found by the id alone', async () => {
    const { ask, provider, engine } = await setup()
    const second = testParty('second payer')
    const config = testChannel(second.account, second.account, provider.party.account)
    const { channelId } = await provider.till.add(config, 'inbound', 1_000_000_000_000n)
    const session = await testSession(second)
    const requestId = bytesToHex(systemRandom(16))
    expect((await ask({ requestId })).statusCode).toBe(200)
    const repeated = await ask({ requestId, session, channelId })
    expect([repeated.statusCode, ((await repeated.body.json()) as ErrorBody).error.code]).toEqual([
      409,
      'payments/already-final',
    ])
    expect((await ask({ session, channelId })).statusCode).toBe(200)
    expect(engine.begun).toBe(2)
  })

  it('from a payer without a channel, or on the channel of another, are refused', async () => {
    const { ask } = await setup()
    const session = await testSession(testParty('stranger'))
    const foreign = await ask({ session })
    expect([foreign.statusCode, ((await foreign.body.json()) as ErrorBody).error.code]).toEqual([
      403,
      'provider/foreign-channel',
    ])
    const unknown = await ask({ channelId: `0x${'99'.repeat(32)}` })
    expect([unknown.statusCode, ((await unknown.body.json()) as ErrorBody).error.code]).toEqual([
      402,
      'payments/channel-unknown',
    ])
  })

  it('with a malformed request id get 400 in OpenAI form', async () => {
    const { ask } = await setup()
    const { statusCode, body } = await ask({ requestId: '0x12' })
    expect([statusCode, ((await body.json()) as ErrorBody).error.code]).toEqual([400, 'bad_header'])
  })
})

describe('credit', () => {
  it('ends when vouchers do not come, and returns with one', async () => {
    const { ask, provider, channelId } = await setup({ creditLimitPicoUsd: 1_000_000n })
    expect((await ask({})).statusCode).toBe(200)
    const refused = await ask({})
    expect([refused.statusCode, ((await refused.body.json()) as ErrorBody).error.code]).toEqual([
      402,
      'payments/credit-exhausted',
    ])
    const voucher = gateway.voucherSigner.sign({ channelId, maxClaimableAtomic: 1n })
    expect((await ask({ headers: { 'x-koinon-voucher': encodeVoucherHeader(voucher) } })).statusCode).toBe(200)
    expect(provider.till.book.require(channelId).voucherAtomic).toBe(1n)
  })

  it('is given once to a payer, however many channels it opens', async () => {
    const credit = 1_000_000n
    const { ask, provider } = await setup({ creditLimitPicoUsd: credit })
    expect((await ask({})).statusCode).toBe(200)
    for (const salt of ['01', '02', '03']) {
      const config = testChannel(gateway.account, gateway.account, provider.party.account)
      const more = await provider.till.add({ ...config, salt: `0x${salt.repeat(32)}` }, 'inbound', credit)
      const refused = await ask({ channelId: more.channelId })
      expect([refused.statusCode, ((await refused.body.json()) as ErrorBody).error.code]).toEqual([
        402,
        'payments/credit-exhausted',
      ])
    }
  })

  it('is not given for a forged voucher', async () => {
    const { ask, channelId } = await setup()
    const forged = testParty('stranger').voucherSigner.sign({ channelId, maxClaimableAtomic: 5n })
    const refused = await ask({ headers: { 'x-koinon-voucher': encodeVoucherHeader(forged) } })
    expect(((await refused.body.json()) as ErrorBody).error.code).toBe('payments/voucher-forged')
    const posted = await ask({ path: '/v1/vouchers', body: JSON.stringify({ voucher: voucherToJson(forged) }) })
    expect(posted.statusCode).toBeGreaterThanOrEqual(400)
  })

  it('takes vouchers and channels by POST, channels from their payer only', async () => {
    const { ask, provider, channelId } = await setup()
    const voucher = gateway.voucherSigner.sign({ channelId, maxClaimableAtomic: 3n })
    const posted = await ask({ path: '/v1/vouchers', body: JSON.stringify({ voucher: voucherToJson(voucher) }) })
    expect(await posted.body.json()).toEqual({ channelId, voucherAtomic: '3' })
    const stranger = testParty('stranger').account
    const config = testChannel(stranger, stranger, provider.party.account)
    const body = JSON.stringify({ config })
    expect((await ask({ path: '/v1/channels', body })).statusCode).toBe(403)
    const session = await testSession(testParty('stranger'))
    const registered = await ask({ path: '/v1/channels', body, session })
    expect(await registered.body.json()).toMatchObject({ channelId: channelIdOf(config, testDomain), owedPicoUsd: '0' })
  })

  it('takes neither in another shape than specs/0008-http.md gives', async () => {
    const { ask, provider, channelId } = await setup()
    const voucher = voucherToJson(gateway.voucherSigner.sign({ channelId, maxClaimableAtomic: 3n }))
    const config = testChannel(gateway.account, gateway.account, provider.party.account)
    const refusal = async (path: string, body: string) => {
      const { statusCode, body: answer } = await ask({ path, body })
      return [statusCode, ((await answer.json()) as ErrorBody).error.code]
    }
    expect(await refusal('/v1/vouchers', JSON.stringify(voucher))).toEqual([400, 'payments/bad-voucher'])
    expect(await refusal('/v1/channels', JSON.stringify(config))).toEqual([400, 'payments/bad-channel'])
    for (const path of ['/v1/vouchers', '/v1/channels']) {
      for (const body of ['', '[]', 'null', '{']) expect(await refusal(path, body)).toEqual([400, 'http/not-json'])
    }
  })
})

describe('evidence', () => {
  it('is for the payer and for validators', async () => {
    const validator = testParty('validator')
    const { ask, provider } = await setup({ validators: [validator.account] })
    const requestId = bytesToHex(systemRandom(16))
    await (await ask({ requestId })).body.text()
    const evidence = (session?: SigningSession) =>
      ask({ method: 'GET', path: `/v1/evidence/${requestId}`, body: '', ...(session === undefined ? {} : { session }) })
    const own = (await (await evidence()).body.json()) as Record<string, unknown>
    expect(own).toMatchObject({ requestId, payer: gateway.account, outputTokenIds: [100, 101, 102, 103] })
    expect(Buffer.from(own['requestBase64'] as string, 'base64').toString()).toBe(hello)
    expect((own['bundle'] as { hops: unknown[] }).hops).toHaveLength(1)
    expect((await evidence(await testSession(validator))).statusCode).toBe(200)
    expect((await evidence(await testSession(testParty('stranger')))).statusCode).toBe(404)
    expect((await undiciRequest(`${provider.url}/v1/evidence/${requestId}`)).statusCode).toBe(401)
  })

  it('the offer is signed and says what is sold', async () => {
    const { provider } = await setup()
    const { body } = await undiciRequest(`${provider.url}/v1/offer`)
    const { offer, models } = verifyOffer(await body.json(), {
      chainId: testDomain.chainId,
      payee: provider.party.account,
      nowMs: systemClock.nowMs(),
      verifySession: verifySessionNative,
    })
    expect([offer.capacity, models.map(({ model, rung }) => [model, rung])]).toEqual([64, [['demo', 2]]])
    expect((await undiciRequest(`${provider.url}/readyz`)).statusCode).toBe(200)
    expect((await undiciRequest(`${provider.url}/nowhere`)).statusCode).toBe(404)
  })
})

describe('an answer that ends early', () => {
  it('by cancellation has a receipt for what was generated', async () => {
    const { ask, engine } = await setup({}, { pieces: Array(200).fill('x'), pieceDelayMs: 20 })
    const requestId = bytesToHex(systemRandom(16))
    const streaming = ask({ requestId, body: JSON.stringify({ ...JSON.parse(hello), stream: true }) })
    await until('the answer has begun', () => engine.begun === 1)
    const cancelled = await ask({ path: `/v1/requests/${requestId}/cancel`, body: '{}' })
    expect(await cancelled.body.json()).toEqual({ cancelled: true })
    const { body, trailers } = await streaming
    expect(await body.text()).toContain('data: [DONE]')
    const signed = parseSignedReceipt(
      JSON.parse(Buffer.from(String(trailers['x-koinon-receipt']), 'base64url').toString()),
    )
    const work = readInferenceWork(signed)
    expect(work.finishReason).toBe('abort')
    expect(work.outputTokens).toBeLessThan(200)
  })

  it('at the own time limit has one too: a stream that is cut for nothing would be free as often as asked', async () => {
    const { ask } = await setup(
      { limits: { answerTimeoutMs: 300 } },
      { pieces: Array(200).fill('x'), pieceDelayMs: 20 },
    )
    const { body, trailers } = await ask({ body: JSON.stringify({ ...JSON.parse(hello), stream: true }) })
    const text = await body.text()
    expect(text).toContain('"finish_reason":"length"')
    expect(text).toContain('data: [DONE]')
    const signed = parseSignedReceipt(
      JSON.parse(Buffer.from(String(trailers['x-koinon-receipt']), 'base64url').toString()),
    )
    const work = readInferenceWork(signed)
    expect(work.finishReason).toBe('abort')
    expect(work.outputTokens).toBeGreaterThan(0)
    expect(signed.receipt.amountPicoUsd).toBeGreaterThan(0n)
  })

  it('because the caller hung up frees the engine, charges nothing and is remembered', async () => {
    const { ask, engine, provider, channelId } = await setup(
      { limits: { unpaidTokensPerHour: 1 } },
      { pieces: Array(500).fill('x'), pieceDelayMs: 20 },
    )
    const { body } = await ask({ body: JSON.stringify({ ...JSON.parse(hello), stream: true }) })
    let parts = 0
    for await (const _ of body) if (++parts === 5) break
    await until('the engine is free', () => engine.ended === 1)
    await until('it is reported', () => provider.events.some((event) => event.kind === 'answer'))
    expect(provider.events).toContainEqual(expect.objectContaining({ kind: 'answer', outcome: 'broken' }))
    expect(provider.till.book.require(channelId)).toMatchObject({ owedPicoUsd: 0n, reservedPicoUsd: 0n })
    const refused = await ask({})
    expect([refused.statusCode, ((await refused.body.json()) as ErrorBody).error.code]).toEqual([
      402,
      'provider/unpaid-answers',
    ])
  })

  it('because the engine failed is an error, in a stream an error event', async () => {
    const { ask, provider, channelId } = await setup({}, { failAtPiece: 2 })
    const { statusCode, body } = await ask({})
    const text = await body.text()
    expect([statusCode, text.includes('the script says so')]).toEqual([500, false])
    const stream = await ask({ body: JSON.stringify({ ...JSON.parse(hello), stream: true }) })
    expect(await stream.body.text()).toMatch(/data: \{"error".*\n\n$/)
    expect(provider.till.book.require(channelId).owedPicoUsd).toBe(0n)
  })
})

describe('capacity', () => {
  it('is bounded: more than places and queue get 429', async () => {
    const { ask } = await setup({ limits: { capacity: 1, queue: 1 } }, { pieceDelayMs: 100 })
    const answers = await Promise.all([ask({}), ask({}), ask({})])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 429])
    const full = answers.find(({ statusCode }) => statusCode === 429)
    expect(full?.headers['retry-after']).toBe('1')
  })

  it('is shared by payers: one that fills the line with all its channels keeps no other waiting', async () => {
    const engine = new HeldEngine()
    const { ask, provider } = await setup({ engine, limits: { capacity: 1, queue: 4 } })
    const channel = async (payer: typeof gateway, salt: string) => {
      const config = testChannel(payer.account, payer.account, provider.party.account)
      const credit = 1_000_000_000_000n
      return (await provider.till.add({ ...config, salt: `0x${salt.repeat(32)}` }, 'inbound', credit)).channelId
    }
    const honest = testParty('second payer')
    const [session, ofHonest, other] = [
      await testSession(honest),
      await channel(honest, '00'),
      await channel(gateway, '01'),
    ]
    const flood = [ask({})]
    await until('the only place is taken', () => engine.asked === 1)
    flood.push(ask({}), ask({ channelId: other }), ask({}), ask({ channelId: other }))
    await until('the line is full', () => provider.server.busy === 5)
    const waiting = ask({ session, channelId: ofHonest })
    // Who came last of the flood makes room.
    const first = await Promise.race(flood)
    engine.open()
    expect([first.statusCode, (await waiting).statusCode]).toEqual([429, 200])
    const statuses = (await Promise.all(flood)).map(({ statusCode }) => statusCode)
    expect(statuses.toSorted()).toEqual([200, 200, 200, 200, 429])
    const [a, b] = [gateway.account, honest.account]
    expect(engine.requests.map(({ caller }) => caller)).toEqual([a, a, b, a, a])
  })
})

type ErrorBody = { error: { code: string; message: string } }
type Ask = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
  readonly requestId: string
  readonly channelId: Hex
  readonly session: SigningSession
  readonly header: string
  readonly headers: Record<string, string>
  readonly recipient: Hex
  readonly signedPath: string
  readonly signedBody: string
  readonly expiresInMs: number
}

async function setup(
  options: Partial<TestProviderOptions> = {},
  script: ConstructorParameters<typeof ScriptedEngine>[0] = {},
) {
  const folder = temporaryFolder()
  const engine = new ScriptedEngine(script)
  const provider: TestProvider = await startTestProvider({
    name: 'provider',
    engine,
    gateway: gateway.account,
    folder: folder.path,
    ...options,
  })
  cleanUp.push(async () => folder.remove(), provider.close)
  const ownSession = await testSession(gateway)
  const channelId = channelIdOf(testChannel(gateway.account, gateway.account, provider.party.account), testDomain)
  const header = async (ask: Partial<Ask>): Promise<string> =>
    signNodeRequest(
      {
        recipient: ask.recipient ?? provider.party.account,
        method: ask.method ?? 'POST',
        path: ask.signedPath ?? ask.path ?? path,
        bodyHash: bytesToHex(sha256Native(ask.signedBody ?? ask.body ?? hello)),
        nonce: bytesToHex(systemRandom(16)),
        expiresAtMs: systemClock.nowMs() + (ask.expiresInMs ?? 30_000),
      },
      ask.session ?? ownSession,
    )
  const ask = async (changes: Partial<Ask>) => {
    const method = changes.method ?? 'POST'
    return undiciRequest(`${provider.url}${changes.path ?? path}`, {
      method,
      headers: {
        [nodeRequestHeader]: changes.header ?? (await header(changes)),
        'x-koinon-request-id': changes.requestId ?? bytesToHex(systemRandom(16)),
        'x-koinon-channel': changes.channelId ?? channelId,
        ...changes.headers,
      },
      ...(method === 'GET' ? {} : { body: changes.body ?? hello }),
    })
  }
  return { provider, engine, ask, header, channelId }
}
