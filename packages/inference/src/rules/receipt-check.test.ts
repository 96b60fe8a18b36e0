import { readFileSync } from 'node:fs'
import { utf8ToBytes, verifySession } from '@koinon/base'
import { parseBundle, type Receipt, receiptType } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import type { ModelOffer } from './offer.ts'
import { parseChatRequest } from './openai-request.ts'
import { checkInferenceBundle, promptTokenBound, workObjection } from './receipt-check.ts'
import { exampleBundle, exampleChainId, exampleParty, exampleReceipt, exampleWork } from './testing/example.ts'
import type { InferenceWork } from './work.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/receipt.json', import.meta.url), 'utf8'),
) as { bundle: unknown; receiptHashes: string[]; batchRoots: string[]; checks: { name: string; state: string }[] }

describe('checkInferenceBundle', () => {
  it('agrees with the vector', () => {
    const bundle = parseBundle(vectors.bundle)
    expect(bundle.hops.map((hop) => receiptType.hash(hop.receipt))).toEqual(vectors.receiptHashes)
    const checks = checkInferenceBundle({ bundle, chainId: exampleChainId, verifySession })
    expect(checks.map(({ name, state }) => ({ name, state }))).toEqual(vectors.checks)
  })

  it('passes all checks when the caller has both bodies', () => {
    const bundle = exampleBundle()
    const { requestHash, responseHash } = (bundle.hops[0] as { receipt: Receipt }).receipt
    const checks = checkInferenceBundle({ bundle, chainId: exampleChainId, verifySession, requestHash, responseHash })
    expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(['pass']))
    expect(checks.map(({ name }) => name)).toContain('hop2.amount')
  })

  it('fails `amount` when a hop charges more than tokens times price', () => {
    const hop = exampleReceipt(exampleParty(5), exampleParty(1).account, exampleWork(), {
      amountPicoUsd: 1_000_000n,
      cumulativePicoUsd: 1_000_000n,
    })
    expect(failed({ v: 1, hops: [hop] })).toEqual(['amount'])
  })

  it('fails `amount` when a gateway counts other tokens than the worker', () => {
    const bundle = exampleBundle()
    const inner = bundle.hops[1] as (typeof bundle.hops)[number]
    const padded = exampleReceipt(exampleParty(3), exampleParty(1).account, exampleWork({ outputTokens: 3 }), {
      upstreamReceipt: receiptType.hash(inner.receipt),
    })
    expect(failed({ v: 1, hops: [padded, inner] })).toEqual(['amount'])
  })

  it('fails `work` and `amount` when the stated work is not the signed one', () => {
    const bundle = exampleBundle()
    const [outer, inner] = bundle.hops as [(typeof bundle.hops)[number], (typeof bundle.hops)[number]]
    expect(failed({ v: 1, hops: [outer, { ...inner, work: { ...inner.work, outputTokens: 1 } }] })).toEqual([
      'hop2.work',
      'amount',
      'hop2.amount',
    ])
    expect(failed({ v: 1, hops: [{ ...outer, work: {} }] })).toEqual(['work', 'amount'])
  })
})

describe('promptTokenBound', () => {
  it('allows a token a byte and the template, within the context', () => {
    expect([promptTokenBound(100, 4096), promptTokenBound(100_000, 4096)]).toEqual([356, 4096])
  })
})

describe('workObjection', () => {
  it('has none against honest work', () => {
    expect(objection({})).toBeUndefined()
  })

  it.each<[Partial<InferenceWork>, RegExp]>([
    [{ model: 'other' }, /model/],
    [{ modelManifest: `0x${'99'.repeat(32)}` }, /model file/],
    [{ determinismClass: `0x${'99'.repeat(32)}` }, /determinism/],
    [{ outputPricePicoUsdPerToken: 200_001n }, /price/],
    [{ promptPricePicoUsdPerToken: 1n }, /price/],
    [{ samplerTemperatureMicro: 0 }, /temperature/],
    [{ samplerTopPMicro: 1 }, /top_p/],
    [{ samplerSeed: 43n }, /seed/],
    [{ stopHash: `0x${'00'.repeat(32)}` }, /stop/],
    [{ maxTokens: 17 }, /asked were 16/],
    [{ outputTokens: 17 }, /allowed were 16/],
    [{ outputTokens: 12 }, /bytes of answer/],
    [{ promptTokens: 357 }, /prompt tokens/],
    [{ cachedTokens: 4 }, /cached/],
    [{ finishReason: 'abort' }, /nobody cancelled/],
  ])('objects to work number %#', (changes, reason) => {
    expect(objection(changes)).toMatch(reason)
  })
})

function objection(changes: Partial<InferenceWork>): string | undefined {
  const { modelManifest, determinismClass, promptPricePicoUsdPerToken, outputPricePicoUsdPerToken } = exampleWork()
  const model: ModelOffer = {
    model: 'demo',
    modelManifest,
    determinismClass,
    quantisation: 'Q8_0',
    parameters: 0,
    contextLength: 4096,
    rung: 2,
    promptPricePicoUsdPerToken,
    outputPricePicoUsdPerToken,
    claimedPromptTokensPerSecond: 0,
    claimedOutputTokensPerSecond: 0,
  }
  const request = parseChatRequest(
    utf8ToBytes(
      JSON.stringify({
        model: 'demo',
        messages: [{ role: 'user', content: 'x' }],
        max_tokens: 16,
        temperature: 0.7,
        top_p: 1,
        seed: 42,
        stop: 'END',
      }),
    ),
  )
  return workObjection(exampleWork(changes), {
    model,
    request,
    requestBytes: 100,
    responseBytes: 10,
    isCancelled: false,
  })
}

function failed(bundle: ReturnType<typeof exampleBundle>): string[] {
  return checkInferenceBundle({ bundle, chainId: exampleChainId, verifySession })
    .filter(({ state }) => state === 'fail')
    .map(({ name }) => name)
}
