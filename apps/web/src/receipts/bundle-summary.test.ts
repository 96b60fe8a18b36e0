import { describe, expect, test } from 'vitest'
import { FakeState } from '../../dev/fake-state.ts'
import { summariseBundle } from './bundle-summary.ts'

describe('summariseBundle', () => {
  test("states what the caller's hop charges and what the worker's hop did", () => {
    const state = new FakeState(() => 1_800_000_000_000)
    const record = state.records[0]
    const { amountPicoUsd, provider, promptTokens, outputTokens, id, model } = record?.summary ?? {}
    expect(summariseBundle(record?.bundle)).toMatchObject({
      id,
      model,
      provider,
      promptTokens,
      outputTokens,
      amountPicoUsd,
      hops: 2,
      rung: 2,
      firstByteMs: record?.summary.firstByteMs,
      totalMs: record?.summary.totalMs,
    })
  })

  test.each([
    ['nothing', undefined],
    ['no hops', { hops: [] }],
    ['a hop of null', { hops: [null] }],
    ['an amount that is no integer', { hops: [{ receipt: { requestId: '0x00', amountPicoUsd: '1.5' } }] }],
    ['an amount as a number', { hops: [{ receipt: { requestId: '0x00', amountPicoUsd: 15 } }] }],
    ['no id', { hops: [{ receipt: { amountPicoUsd: '1' } }] }],
  ])('has no summary of %s', (_, json) => {
    expect(summariseBundle(json)).toBeUndefined()
  })

  test('says unknown where a field has the wrong type', () => {
    const summary = summariseBundle({
      hops: [{ receipt: { requestId: '0xab', amountPicoUsd: '1', payee: 7 }, work: { model: {} } }],
    })
    expect(summary).toMatchObject({ id: 'ab', model: 'unknown', provider: 'unknown', promptTokens: 0 })
  })
})
