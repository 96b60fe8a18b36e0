/** What programs read to find out how to use a gateway. `origin` is the URL they reached it under. */

const path = (summary: string, needsKey: boolean, hasBody = false): Record<string, unknown> => ({
  summary,
  ...(needsKey ? { security: [{ apiKey: [] }] } : {}),
  ...(hasBody
    ? { requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } } }
    : {}),
  responses: {
    '200': { description: 'OK' },
    default: { description: 'An error object with message, type, param and code; the message ends with the next step' },
  },
})

/** With a key, or with a payment for this call alone. */
const paidPath = (summary: string): Record<string, unknown> => ({
  ...path(summary, false, true),
  security: [{ apiKey: [] }, {}],
  responses: {
    '200': { description: 'OK' },
    '402': {
      description: 'What the call costs, as x402 (header payment-required) and as MPP (header www-authenticate)',
    },
    default: { description: 'An error object with message, type, param and code; the message ends with the next step' },
  },
})

/** `GET /openapi.json`. */
export function openApi(origin: string): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Koinon gateway',
      version: '1',
      description: 'OpenAI-compatible inference by many providers, paid per answer, each answer with a signed receipt.',
    },
    servers: [{ url: origin }],
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/v1/chat/completions': { post: paidPath('Chat completion; "stream": true for an event stream') },
      '/v1/completions': { post: paidPath('Text completion') },
      '/v1/models': { get: path('Models on offer with prices and providers', false) },
      '/v1/models/{id}': { get: path('One model', false) },
      '/v1/receipts': { get: path('Receipts of this payer, newest first (limit, before)', true) },
      '/v1/receipts/{id}': { get: path('All receipts of one answer', true) },
      '/v1/receipts/{id}/evidence': { get: path('What the provider kept, to check the answer with', true) },
      '/v1/agents': {
        get: path("Agents in this gateway's book (words)", false),
        post: path('Put the signed record of an agent into the book', false, true),
      },
      '/v1/keys': { post: path('Register an API key with a signed grant', false, true) },
      '/v1/keys/{keyHash}': { delete: path('Revoke an API key', false, true) },
    },
  }
}

/** `GET /llms.txt`. */
export function llmsText(origin: string): string {
  return `# Koinon gateway

> OpenAI-compatible inference from many independent providers. Every answer is paid from a payment channel and comes with a signed receipt.

- Base URL for OpenAI clients: ${origin}/v1 (authorization: Bearer sk-koinon-...)
- Without a key a call is answered by 402 with what it costs: pay it with x402 v2 (schemes batch-settlement, exact) or MPP (method evm, intents session, charge).
- The model id "default" always works; ${origin}/v1/models lists all with prices.
- Response header x-koinon-receipt names the receipt; ${origin}/v1/receipts/{id} returns it, .../evidence what it can be checked with.
- Event streams carry the receipts in a comment line before data: [DONE].
- API description: ${origin}/openapi.json
`
}
