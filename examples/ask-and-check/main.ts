// Asks a running network a question and checks the receipt in this process. Exits non-zero when anything does not hold.
// KOINON_GATEWAY and KOINON_API_KEY are what `npm start` prints.
import assert from 'node:assert/strict'
import { askGateway, fetchReceipt, verifyReceipt } from '@koinon/sdk'

const gatewayUrl = process.env['KOINON_GATEWAY'] ?? 'http://127.0.0.1:8402'
const apiKey = process.env['KOINON_API_KEY'] ?? ''
assert.notEqual(apiKey, '', 'set KOINON_API_KEY to the key that "npm start" printed')

const answer = await askGateway({
  baseUrl: `${gatewayUrl}/v1`,
  apiKey,
  body: { messages: [{ role: 'user', content: 'What is a subnet?' }], max_tokens: 64 },
})
console.log(answer.text)
assert.ok(answer.text.length > 0, 'the answer is empty')
assert.deepEqual(
  answer.checks.filter((check) => check.state === 'fail'),
  [],
  'a check of the receipt failed',
)

const receipt = await fetchReceipt({ gatewayUrl, apiKey }, answer.receiptId ?? '')
const checks = await verifyReceipt(receipt, { level: 'L0' })
assert.ok(checks.every((check) => check.state !== 'fail'))
console.log(
  `${checks.length} checks, none failed; ${answer.outputTokens} tokens for ${answer.amountPicoUsd} pico-dollars`,
)
