// A Mastra agent whose model is bought by the call: no key. Exits non-zero when anything does not hold.
// KOINON_GATEWAY and KOINON_HOME say where the gateway and the payer's keys are.
import assert from 'node:assert/strict'
import { createKoinon, koinonMetadata } from '@koinon/sdk/ai'
import { openPayer } from '@koinon/sdk/payer'
import { Agent } from '@mastra/core/agent'
import type { MastraModelConfig } from '@mastra/core/llm'

const payer = await openPayer({
  home: process.env['KOINON_HOME'] ?? 'agent-home',
  gatewayUrl: process.env['KOINON_GATEWAY'] ?? 'http://127.0.0.1:8402',
  maxTotalDollars: '0.1',
})
const koinon = createKoinon({ payer })

const agent = new Agent({
  id: 'guide',
  name: 'Guide',
  instructions: 'You answer questions about decentralized AI.',
  // Mastra's copy of the AI SDK's types lacks its newest finish reason, which no answer of ours has.
  model: koinon('default') as MastraModelConfig,
})
const answer = await agent.generate('What is a subnet?')
console.log(answer.text)
assert.ok(answer.text.length > 0, 'the answer is empty')
const told = koinonMetadata(answer.providerMetadata)
assert.deepEqual(
  told?.checks.filter(({ state }) => state !== 'pass'),
  [],
  'a check of the receipt did not pass',
)
assert.ok(payer.spentAtomic() > 0n, 'nothing was paid')
console.log(`paid ${payer.spentAtomic()} millionths of a dollar, ${told.checks.length} checks of the receipt passed`)
await payer.close()
