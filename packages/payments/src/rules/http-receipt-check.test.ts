import { join } from 'node:path'
import { sha256Hex, utf8ToBytes } from '@koinon/base'
import { type DurableStore, verifySessionNative } from '@koinon/base/node'
import type { ReceiptBundle, SignedReceipt } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addChannel,
  answerOn,
  configOf,
  openStore,
  party,
  requestId,
  startLedger,
  temporaryFolder,
  testDomain,
} from '../testing/fixtures.ts'
import { httpCallType, requestHashOf } from './http-call.ts'
import { checkHttpBundle, type HttpReceiptToCheck } from './http-receipt-check.ts'

const [payer, seller] = [party('payer'), party('seller')]
const request = utf8ToBytes('{"text":"a"}')
const response = utf8ToBytes('an answer')
const url = 'https://seller.example/paid?a=1'
const folder = temporaryFolder()
let store: DurableStore
let bundle: ReceiptBundle
let failed: ReceiptBundle
let input: HttpReceiptToCheck

beforeAll(async () => {
  store = await openStore(join(folder.path, 'ledger.db'))
  const { ledger, book } = await startLedger(store, seller)
  const channel = await addChannel(
    book,
    configOf(payer.address, seller.address, 'key', payer.address),
    'inbound',
    9_000n,
  )
  const sell = (index: number, status: number) => {
    const work = { method: 'POST', url, status, answerBytes: response.length }
    return ledger.finalize(
      answerOn(ledger, channel, 1_000_000_000n, requestId(index), {
        kind: 'http',
        requestHash: requestHashOf('POST', url, request),
        responseHash: sha256Hex(response),
        work: httpCallType.toJson(work),
        workHash: httpCallType.hash(work),
      }),
    )
  }
  bundle = await sell(1, 200)
  failed = await sell(2, 500)
  const parties = { payer: payer.address, payTo: seller.address, channelId: channel.channelId }
  const payment = { ...parties, backEnd: 'channel', chargedAtomic: 1_000n, isStated: true } as const
  input = { bundle, request, response, payment, chainId: testDomain.chainId, verifySession: verifySessionNative }
})
afterAll(async () => {
  await store?.close()
  folder.remove()
})

const named = (state: string, changes: Partial<HttpReceiptToCheck> = {}): readonly string[] =>
  checkHttpBundle({ ...input, ...changes }).flatMap((check) => (check.state === state ? [check.name] : []))
const changed = (changes: Partial<SignedReceipt>): Partial<HttpReceiptToCheck> => ({
  bundle: { v: 1, hops: [{ ...(bundle.hops[0] as SignedReceipt), ...changes }] },
})

describe('checkHttpBundle', () => {
  it('passes an honest receipt of which everything is at hand', () => {
    expect([named('fail'), named('notChecked')]).toEqual([[], []])
    expect(named('pass')).toContain('amount')
  })

  it('fails nothing where all that the payer could have kept is missing, and says what was not looked at', () => {
    const { bundle: honest, verifySession } = input
    const checks = checkHttpBundle({ bundle: honest, verifySession })
    expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
    expect(checks.filter(({ state }) => state === 'notChecked').map(({ name }) => name)).toEqual([
      'chain',
      'request',
      'response',
      'amount',
      'counts',
    ])
  })

  it('fails what was changed', () => {
    const { receipt, work } = bundle.hops[0] as SignedReceipt
    expect(named('fail', { request: utf8ToBytes('{"text":"b"}') })).toEqual(['request'])
    expect(named('fail', { response: utf8ToBytes('An answer') })).toEqual(['response'])
    expect(named('fail', { response: utf8ToBytes('longer than it') })).toEqual(['response', 'counts'])
    const amountPicoUsd = receipt.amountPicoUsd - 1_000_000n
    expect(named('fail', changed({ receipt: { ...receipt, amountPicoUsd } }))).toEqual(['signature', 'amount'])
    expect(named('fail', changed({ work: { ...work, url: 'https://other.example/' } }))).toEqual(['request', 'work'])
    expect(named('fail', changed({ receipt: { ...receipt, kind: 'inference' } }))).toContain('work')
  })

  it('fails a receipt of another payment, of another charge, and one of a refusal that was charged', () => {
    const { payment } = input
    if (payment === undefined) throw new Error('no payment')
    expect(named('fail', { payment: { ...payment, chargedAtomic: 999n } })).toEqual(['amount'])
    expect(named('fail', { payment: { ...payment, payTo: payer.address } })).toEqual(['amount'])
    expect(named('fail', { bundle: failed })).toEqual(['amount'])
  })
})
