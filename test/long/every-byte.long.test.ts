/** Every single byte of a receipt, a request and a response, one after the other. */

import { fetchReceipt } from '@koinon/sdk'
import { bundleToJson, type ReceiptBundle } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, ask, questionBody } from '../harness/ask.ts'
import { unnoticedInBody, unnoticedInReceipt } from '../harness/byte-flips.ts'
import { TestNetwork } from '../harness/network.ts'

const network = new TestNetwork()
afterAll(() => network.dispose())

describe.each([false, true])('an answer with stream %s', (stream) => {
  const question = { text: 'What is a receipt?', stream, maxTokens: 12 }
  let answer: Answer
  let bundle: ReceiptBundle

  beforeAll(async () => {
    const ready = network.isRunning ? network.ready : await network.start()
    answer = await ask(ready, question)
    bundle = (await fetchReceipt({ gatewayUrl: ready.gateway, apiKey: ready.apiKey }, answer.receiptId as string))
      .bundle
  })

  it('has no byte of its request that could be changed unnoticed', async () => {
    expect(await unnoticedInBody(bundle, 'request', Buffer.from(questionBody(question)), 1)).toEqual([])
  })

  it('has no byte of its response that could be changed unnoticed', async () => {
    expect(await unnoticedInBody(bundle, 'response', Buffer.from(answer.body), 1)).toEqual([])
  })

  it('has no byte of its receipt that could be changed unnoticed', async () => {
    const bytes = Buffer.from(JSON.stringify(bundleToJson(bundle)))
    expect(await unnoticedInReceipt(bytes, network.ready.chainId, 1)).toEqual([])
  })
})
