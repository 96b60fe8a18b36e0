import { sha256Hex } from '@koinon/base'
import type { Check } from '@koinon/work'
import { describe, expect, test } from 'vitest'
import { fakeChainId } from '../../dev/fake-actors.ts'
import { FakeState } from '../../dev/fake-state.ts'
import { checkReceipt, hashBytes, type ReceiptCheckInput } from './check-receipt.ts'

/** A genuine receipt of the fake network, as JSON that can be tampered with. */
type BundleJson = {
  v: number
  hops: {
    receipt: Record<string, unknown>
    work: Record<string, unknown>
    delegation: Record<string, unknown>
    signature: string
  }[]
}

describe('checkReceipt', () => {
  test('passes everything that can be checked here, and says what cannot', () => {
    const checks = checkReceipt(genuine()).checks
    expect(failed(checks)).toEqual([])
    expect(checks.filter((check) => check.state === 'notChecked').map((check) => check.name)).toEqual([
      'payee',
      'channel',
    ])
    expect(checks.filter((check) => check.state === 'pass').map((check) => check.name)).toEqual([
      'id',
      'version',
      'chain',
      'signature',
      'delegation',
      'request',
      'response',
      'work',
      'times',
      'owed',
      'upstream',
      'hop2.version',
      'hop2.chain',
      'hop2.signature',
      'hop2.delegation',
      'hop2.request',
      'hop2.response',
      'hop2.work',
      'hop2.times',
      'hop2.owed',
      'amount',
      'hop2.amount',
    ])
  })

  test('leaves out bytes that are not at hand: not checked, never passed', () => {
    const { bundle } = genuine()
    const open = checkReceipt({ bundle })
      .checks.filter((check) => check.state === 'notChecked')
      .map((check) => check.name)
    expect(open).toEqual([
      'chain',
      'request',
      'response',
      'hop2.chain',
      'hop2.request',
      'hop2.response',
      'payee',
      'channel',
    ])
  })

  test.each([
    ['another answer', { responseHash: sha256Hex('other') }, ['response', 'hop2.response']],
    ['another question', { requestHash: sha256Hex('other') }, ['request', 'hop2.request']],
    ['another id in the header', { expectedId: '00'.repeat(16) }, ['id']],
    ['another network', { chainId: 1 }, ['chain', 'hop2.chain']],
  ] satisfies [string, Partial<ReceiptCheckInput>, string[]][])(
    'names the check that fails for %s',
    (_, change, names) => {
      expect(failed(checkReceipt({ ...genuine(), ...change }).checks)).toEqual(names)
    },
  )

  test.each([
    [
      'a raised price',
      (bundle: BundleJson) =>
        Object.assign(hop(bundle, 0).receipt, { amountPicoUsd: '99999999', cumulativePicoUsd: '999999999' }),
      ['signature', 'amount'],
    ],
    [
      'other tokens than signed',
      (bundle: BundleJson) => Object.assign(hop(bundle, 1).work, { outputTokens: 1 }),
      ['hop2.work', 'hop2.amount'],
    ],
    [
      'a forged signature',
      (bundle: BundleJson) => {
        hop(bundle, 0).signature = `0x${'11'.repeat(64)}`
      },
      ['signature'],
    ],
    [
      "somebody else's account",
      (bundle: BundleJson) => Object.assign(hop(bundle, 1).delegation, { signer: `0x${'22'.repeat(20)}` }),
      ['hop2.delegation'],
    ],
    [
      'an expired session',
      (bundle: BundleJson) => Object.assign(hop(bundle, 0).delegation, { validUntil: 1000 }),
      ['delegation'],
    ],
  ])('names the check that fails for %s', (_, tamper, names) => {
    const input = genuine()
    const bundle = structuredClone(input.bundle) as BundleJson
    tamper(bundle)
    const failures = failed(checkReceipt({ ...input, bundle }).checks)
    for (const name of names) expect(failures).toContain(name)
    expect(failures.length).toBeGreaterThan(0)
  })

  test('a hop that is exchanged for a genuine one of another answer breaks the link', () => {
    const input = genuine()
    const other = genuine(1).bundle as BundleJson
    const bundle = { v: 1, hops: [(input.bundle as BundleJson).hops[0], other.hops[1]] }
    expect(failed(checkReceipt({ ...input, bundle }).checks)).toContain('upstream')
  })

  test.each([
    ['nothing', undefined],
    ['text', 'receipt'],
    ['no hops', { v: 1, hops: [] }],
    ['a future format', { v: 2, hops: [{}] }],
    ['a hop without work', { v: 1, hops: [{ receipt: {}, signature: `0x${'00'.repeat(64)}` }] }],
    ['far too many hops', { v: 1, hops: Array.from({ length: 9 }, () => ({})) }],
  ])('reports %s as no receipt, without throwing', (_, bundle) => {
    const report = checkReceipt({ bundle })
    expect(report.bundle).toBeUndefined()
    expect(report.checks).toMatchObject([{ name: 'shape', state: 'fail' }])
  })

  test('survives work that is nonsense', () => {
    const input = genuine()
    const bundle = structuredClone(input.bundle) as BundleJson
    hop(bundle, 0).work = { promptTokens: -1, outputTokens: 'many' }
    const failures = failed(checkReceipt({ ...input, bundle }).checks)
    expect(failures).toContain('work')
  })
})

function genuine(index = 0): ReceiptCheckInput {
  const state = new FakeState(() => 1_800_000_000_000)
  const record = state.records[index]
  if (record === undefined) throw new Error('the fake network has no receipts')
  return {
    bundle: JSON.parse(JSON.stringify(record.bundle)),
    expectedId: record.summary.id,
    requestHash: hashBytes(record.requestBytes),
    responseHash: hashBytes(record.responseBytes),
    chainId: fakeChainId,
  }
}

function hop(bundle: BundleJson, index: number): BundleJson['hops'][number] {
  const found = bundle.hops[index]
  if (found === undefined) throw new Error(`there is no hop ${index}`)
  return found
}

function failed(checks: readonly Check[]): readonly string[] {
  return checks.filter((check) => check.state === 'fail').map((check) => check.name)
}
