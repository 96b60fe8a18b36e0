// Asks through the Vercel AI SDK and pays by the call: no key, no account to make, no faucet to ask. Exits non-zero when anything does not hold.
// KOINON_GATEWAY and KOINON_HOME say where else the gateway and the payer's keys are.
import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createKoinon, koinonMetadata } from '@koinon/sdk/ai'
import { openPayer } from '@koinon/sdk/payer'
import { generateText, streamText } from 'ai'

const payer = await openPayer({
  home: process.env['KOINON_HOME'] ?? join(homedir(), 'agent'),
  gatewayUrl: process.env['KOINON_GATEWAY'] ?? 'http://127.0.0.1:8402',
  maxTotalDollars: '0.1',
})
const koinon = createKoinon({ payer })

const whole = await generateText({ model: koinon('default'), prompt: 'What is a subnet?', maxOutputTokens: 48 })
console.log(whole.text)
const told = koinonMetadata(whole.providerMetadata)
assert.ok(whole.text.length > 0, 'the answer is empty')
assert.deepEqual(
  told?.checks.filter(({ state }) => state !== 'pass'),
  [],
  'a check of the receipt did not pass',
)
assert.equal(told.payment?.backEnd, 'channel')

const stream = streamText({ model: koinon('default'), prompt: 'What is a receipt?', maxOutputTokens: 48 })
for await (const part of stream.textStream) process.stdout.write(part)
const streamed = koinonMetadata(await stream.providerMetadata)
assert.deepEqual(
  streamed?.checks.filter(({ state }) => state !== 'pass'),
  [],
  'a check of the streamed receipt did not pass',
)

await payer.close()
console.log(
  `\n${told.checks.length} checks of ${told.receiptId}, all passed; charged ${told.payment?.chargedAtomic} millionths of a dollar, spent ${payer.spentAtomic()} in all`,
)
