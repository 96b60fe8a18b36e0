import { type Hex, verifySession, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { type ModelOffer, offerToJson, type SignedOffer, signOffer, verifyOffer } from './offer.ts'
import { exampleChainId, exampleParty } from './testing/example.ts'

const provider = exampleParty(7)
const nowMs = 1_800_000_000_000

describe('verifyOffer', () => {
  it('accepts what signOffer made, through JSON', () => {
    const signed = setup()
    const read = verifyOffer(overTheWire(signed), expectation())
    expect(read).toEqual(signed)
    expect(read.offer).toMatchObject({ payee: provider.account, sessionKey: provider.signer.publicKey })
  })

  it.each<[string, (offer: SignedOffer) => unknown, RegExp]>([
    ['no object', () => 5, /signature/],
    [
      'a claim that was not signed',
      (o) => changeModel(o, { claimedOutputTokensPerSecond: 9_999 }),
      /models are not the/,
    ],
    ['a changed price', (o) => changeModel(o, { outputPricePicoUsdPerToken: 1n }), /models are not the signed/],
    [
      'a further model',
      (o) => ({ ...overTheWire(o), models: [...o.models, ...o.models].map(plain) }),
      /models are not/,
    ],
    ['no models', (o) => ({ ...overTheWire(o), models: [] }), /models/],
    ['a changed term', (o) => ({ ...overTheWire(o), offer: { ...plain(o.offer), capacity: 99 } }), /signature/],
    [
      'a session key of somebody else',
      (o) => ({ ...overTheWire(o), delegation: exampleParty(9).delegation }),
      /delegation/,
    ],
    ['another version', (o) => ({ ...overTheWire(o), offer: { ...plain(o.offer), version: 1 } }), /version/],
  ])('refuses %s', (_, change, reason) => {
    expect(() => verifyOffer(change(setup()), expectation())).toThrow(reason)
  })

  it('refuses another chain, another payee and an expired offer', () => {
    const json = overTheWire(setup())
    expect(() => verifyOffer(json, { ...expectation(), chainId: 1 })).toThrow(/chain/)
    expect(() => verifyOffer(json, { ...expectation(), payee: exampleParty(9).account })).toThrow(/expected/)
    expect(() => verifyOffer(json, { ...expectation(), nowMs: nowMs + 60_000 })).toThrow(/expired/)
  })
})

function setup(): SignedOffer {
  const model: ModelOffer = {
    model: 'demo',
    modelManifest: zeroHash,
    determinismClass: zeroHash,
    quantisation: 'Q8_0',
    parameters: 1_000_000,
    contextLength: 512,
    rung: 2,
    promptPricePicoUsdPerToken: 50_000n,
    outputPricePicoUsdPerToken: 200_000n,
    claimedPromptTokensPerSecond: 2_900,
    claimedOutputTokensPerSecond: 310,
  }
  const terms = {
    token: `0x${'ab'.repeat(20)}` as Hex,
    minimumWithdrawDelaySeconds: 900,
    creditLimitAtomic: 10_000n,
    capacity: 4,
    queue: 32,
    issuedAtMs: nowMs,
    validUntilMs: nowMs + 60_000,
  }
  return signOffer(terms, [model], provider)
}

function expectation() {
  return { chainId: exampleChainId, payee: provider.account, nowMs, verifySession }
}

function overTheWire(offer: SignedOffer): Record<string, unknown> {
  return JSON.parse(JSON.stringify(offerToJson(offer))) as Record<string, unknown>
}

function changeModel(offer: SignedOffer, change: Partial<ModelOffer>): unknown {
  return overTheWire({ ...offer, models: offer.models.map((model) => ({ ...model, ...change })) })
}

function plain(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, typeof item === 'bigint' ? item.toString() : item]),
  )
}
