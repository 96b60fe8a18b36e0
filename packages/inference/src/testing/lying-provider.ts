/** A provider that signs whatever a test tells it to: right offer, wrong everything else. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Address, bytesToHex, type Hex } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import type { SigningSession } from '@koinon/payments/core'
import { channelIdOf } from '@koinon/payments/rules'
import { emptySession, type Receipt, type SignedReceipt, signedReceiptToJson, signReceiptBatch } from '@koinon/work'
import { type ModelOffer, offerToJson, signOffer } from '../rules/offer.ts'
import { hashStops, hashTokenIds, type InferenceWork, inferenceKind, inferenceWorkType } from '../rules/work.ts'
import { type TestParty, testChannel, testDomain, testParty, testSession, testToken } from './parties.ts'
import { testPrices } from './test-provider.ts'

/** What the provider changes before it signs or sends. */
export type Lies = {
  readonly work?: Partial<InferenceWork>
  readonly receipt?: Partial<Receipt>
  /** Last word on the signed receipt; undefined sends none. */
  readonly signed?: (signed: SignedReceipt, session: SigningSession) => SignedReceipt | undefined
  /** Takes over the answer. */
  readonly answer?: (response: ServerResponse, honest: { readonly body: string; readonly trailer: string }) => void
}

export type LyingProvider = {
  readonly party: TestParty
  readonly url: string
  /** Requests for answers it has had. */
  readonly asked: () => number
  lies: Lies
  close(): Promise<void>
}

const zeros: Hex = `0x${'00'.repeat(32)}`

const offered: ModelOffer = {
  model: 'demo',
  modelManifest: zeros,
  determinismClass: zeros,
  quantisation: 'Q8_0',
  parameters: 0,
  contextLength: 4_096,
  rung: 0,
  ...testPrices,
  claimedPromptTokensPerSecond: 0,
  claimedOutputTokensPerSecond: 0,
}

/** Listens on loopback. Every answer is the text `lie`, two output tokens. */
export async function startLyingProvider(gateway: Address, name = 'liar'): Promise<LyingProvider> {
  const party = testParty(name)
  const session = await testSession(party)
  let asked = 0
  const state: { lies: Lies } = { lies: {} }
  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    void serve(request, response)
  })
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/v1/offer') {
      response.end(JSON.stringify(offerToJson(signOffer(terms(), [offered], session))))
      return
    }
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    if (request.url !== '/v1/chat/completions') {
      response.writeHead(404).end('{}')
      return
    }
    asked += 1
    const body = Buffer.concat(parts)
    const isStream = (JSON.parse(body.toString()) as { stream?: boolean }).stream === true
    const answer = isStream
      ? 'data: {"choices":[{"index":0,"delta":{"content":"lie"}}]}\n\n'
      : '{"choices":[{"index":0,"message":{"role":"assistant","content":"lie"}}]}'
    const { lies } = state
    const signed = sign(request, body, answer, lies)
    const told = lies.signed === undefined ? signed : lies.signed(signed, session)
    const trailer =
      told === undefined ? '' : Buffer.from(JSON.stringify(signedReceiptToJson(told))).toString('base64url')
    const whole = isStream ? `${answer}data: [DONE]\n\n` : answer
    response.writeHead(200, {
      'content-type': isStream ? 'text/event-stream' : 'application/json',
      trailer: 'x-koinon-receipt',
    })
    if (lies.answer !== undefined) return lies.answer(response, { body: whole, trailer })
    response.write(whole)
    if (trailer !== '') response.addTrailers({ 'x-koinon-receipt': trailer })
    response.end()
  }
  const sign = (request: IncomingMessage, body: Buffer, answer: string, lies: Lies): SignedReceipt => {
    const work = { ...honestWork, ...lies.work }
    const nowMs = Date.now()
    const amountPicoUsd = 5n * testPrices.promptPricePicoUsdPerToken + 2n * testPrices.outputPricePicoUsdPerToken
    const receipt = {
      version: 1,
      chainId: testDomain.chainId,
      kind: inferenceKind,
      requestId: request.headers['x-koinon-request-id'] as Hex,
      payer: gateway,
      payee: party.account,
      channelId: channelIdOf(testChannel(gateway, gateway, party.account), testDomain),
      upstreamReceipt: zeros,
      requestHash: bytesToHex(sha256Native(body)),
      responseHash: bytesToHex(sha256Native(answer)),
      workHash: inferenceWorkType.hash(work),
      amountPicoUsd,
      cumulativePicoUsd: amountPicoUsd,
      receivedAtMs: nowMs,
      firstByteAtMs: nowMs,
      endedAtMs: nowMs,
      rung: 0,
      attestation: zeros,
      ...lies.receipt,
    } as const
    return signReceiptBatch([{ receipt, work: inferenceWorkType.toJson(work) }], emptySession, session)
      .signed[0] as SignedReceipt
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    party,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    get lies() {
      return state.lies
    },
    set lies(lies: Lies) {
      state.lies = lies
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const honestWork: InferenceWork = {
  model: 'demo',
  modelManifest: zeros,
  determinismClass: zeros,
  samplerVersion: 1,
  samplerTemperatureMicro: 0,
  samplerTopPMicro: 1_000_000,
  samplerTopK: 0,
  samplerSeed: 1n,
  maxTokens: 16,
  stopHash: hashStops([]),
  finishReason: 'stop',
  promptTokensHash: hashTokenIds([1]),
  outputTokensHash: hashTokenIds([2]),
  promptTokens: 5,
  cachedTokens: 0,
  outputTokens: 2,
  ...testPrices,
}

function terms() {
  return {
    token: testToken,
    minimumWithdrawDelaySeconds: 900,
    creditLimitAtomic: 1_000_000n,
    capacity: 8,
    queue: 8,
    issuedAtMs: Date.now(),
    validUntilMs: Date.now() + 600_000,
  }
}
