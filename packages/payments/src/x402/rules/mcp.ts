/** x402 over MCP: fields of `_meta` of a tool call and of its result. A demand is a result with `isError`, content and structured content alike. */
export const mcpKeys = { payment: 'x402/payment', response: 'x402/payment-response' } as const
