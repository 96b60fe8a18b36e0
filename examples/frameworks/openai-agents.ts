// An agent of the OpenAI Agents SDK that pays for its model by the call: no key. Exits non-zero when anything does not hold.
// KOINON_GATEWAY and KOINON_HOME say where the gateway and the payer's keys are.
import assert from 'node:assert/strict'
import { receiptFetch } from '@koinon/sdk'
import { openPayer } from '@koinon/sdk/payer'
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled } from '@openai/agents'
import OpenAI from 'openai'

const payer = await openPayer({
  home: process.env['KOINON_HOME'] ?? 'agent-home',
  gatewayUrl: process.env['KOINON_GATEWAY'] ?? 'http://127.0.0.1:8402',
  maxTotalDollars: '0.1',
})
let failed: readonly string[] | undefined
const client = new OpenAI({
  baseURL: payer.baseURL,
  apiKey: 'not-sent',
  // The client insists on a key; who pays by the call sends none.
  defaultHeaders: { authorization: null },
  fetch: receiptFetch({
    ...payer,
    onReceipt: ({ checks }) => {
      failed = checks.filter(({ state }) => state !== 'pass').map(({ name }) => name)
    },
  }),
})
// Traces would go to another company's server.
setTracingDisabled(true)

const agent = new Agent({ name: 'Guide', model: new OpenAIChatCompletionsModel(client, 'default') })
const result = await run(agent, 'What is a subnet?')
console.log(result.finalOutput)
assert.ok((result.finalOutput ?? '').length > 0, 'the answer is empty')
assert.deepEqual(failed, [], 'a check of the receipt did not pass')
assert.ok(payer.spentAtomic() > 0n, 'nothing was paid')
console.log(`paid ${payer.spentAtomic()} millionths of a dollar, all checks of the receipt passed`)
await payer.close()
