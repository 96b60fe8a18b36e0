import { verifySessionNative as verifySession } from '@koinon/base/node'
import { failures, parseBundle, type ReceiptBundle, type SignedReceipt } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmbeddedEngine } from '../../provider/embedded-engine.ts'
import { InferenceEngine } from '../../provider/engine/index.ts'
import { randomModelFile } from '../../provider/engine/test-model.ts'
import { splitEventStream } from '../../rules/sse.ts'
import { testDomain } from '../../testing/parties.ts'
import { startTestNetwork, type TestNetwork } from '../../testing/test-network.ts'
import { type AnswerEvidence, parseAnswerEvidence } from './evidence.ts'
import { verifyAnswer } from './verify-answer.ts'

const asked = {
  model: 'random',
  messages: [{ role: 'user', content: 'abc' }],
  max_tokens: 12,
  temperature: 0.8,
  seed: 5,
}
let engine: InferenceEngine
let network: TestNetwork

beforeAll(async () => {
  const modelPath = await randomModelFile({ seed: 11, quantisation: 'Q8_0' })
  engine = new InferenceEngine({ modelPath, threads: 1 })
  await engine.start()
  network = await startTestNetwork({ providers: [{ engine: new EmbeddedEngine({ engine, model: 'random' }) }] })
})
afterAll(async () => {
  await network.close()
  await engine.stop()
})

describe('an answer of the embedded engine through provider and gateway', () => {
  it.each([
    ['JSON', { ...asked }],
    ['an event stream', { ...asked, stream: true }],
    ['with log probabilities', { ...asked, logprobs: true, top_logprobs: 2 }],
    ['with the default temperature', { model: 'default', messages: asked.messages, max_tokens: 8 }],
  ])('passes every check of L0 and L2: %s', async (_, body) => {
    const { bundle, evidence, request, response } = await answer(body)
    expect(evidence.request).toEqual(request)
    const checks = await verifyAnswer(
      { bundle, evidence: { ...evidence, request, response }, chainId: testDomain.chainId, verifySession, engine },
      'L2',
    )
    expect(checks.filter(({ state }) => state !== 'pass')).toEqual([])
    expect(checks.map(({ name }) => name).slice(-8)).toEqual([
      'evidence',
      'sampler',
      'class',
      'tokens',
      'finish',
      'text',
      'prompt',
      'counts',
    ])
  })

  it('fails `evidence` when tokens were exchanged after the receipt', async () => {
    const { bundle, evidence } = await answer(asked)
    const other = { ...evidence, outputTokenIds: evidence.outputTokenIds?.map((id) => id + 1) }
    const checks = await verifyAnswer({ bundle, evidence: other, verifySession, engine }, 'L2')
    expect(failures({ checks }).map(({ name }) => name)).toEqual(['evidence'])
    expect(checks.slice(-4).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'tokens notChecked',
      'finish notChecked',
      'text notChecked',
      'counts notChecked',
    ])
  })

  it('says that answers without token ids were not checked', async () => {
    const { bundle, evidence } = await answer(asked)
    const silent: AnswerEvidence = { ...evidence, promptTokenIds: undefined, outputTokenIds: undefined }
    const checks = await verifyAnswer({ bundle, evidence: silent, verifySession, engine }, 'L2')
    const open = checks.filter(({ state }) => state === 'notChecked').map(({ name }) => name)
    expect(open).toEqual(['chain', 'hop2.chain', 'evidence', 'tokens', 'finish', 'text', 'counts'])
  })

  it('has its receipts inside the stream too', async () => {
    const { response, bundle } = await answer({ ...asked, stream: true })
    expect(splitEventStream(response).bundle).toEqual(bundle)
    const [outer] = bundle.hops as [SignedReceipt]
    const tampered: ReceiptBundle = { v: 1, hops: [{ ...outer, receipt: { ...outer.receipt, amountPicoUsd: 1n } }] }
    const checks = await verifyAnswer({ bundle: tampered, evidence: undefined, verifySession }, 'L0')
    expect(failures({ checks }).map(({ name }) => name)).toEqual(['signature', 'amount'])
  })
})

async function answer(body: unknown) {
  const sent = await network.post('/v1/chat/completions', body)
  const response = new Uint8Array(await sent.arrayBuffer())
  expect([sent.status, new TextDecoder().decode(response).slice(0, 200)]).toEqual([200, expect.any(String)])
  const id = sent.headers.get('x-koinon-receipt')
  const get = async (path: string) =>
    (await fetch(`${network.url}${path}`, { headers: { authorization: `Bearer ${network.apiKey.text}` } })).json()
  return {
    bundle: parseBundle(await get(`/v1/receipts/${id}`)),
    evidence: parseAnswerEvidence(await get(`/v1/receipts/${id}/evidence`)),
    request: new TextEncoder().encode(JSON.stringify(body)),
    response,
  }
}
