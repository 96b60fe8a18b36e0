/** x402 extensions in the shape of its packages: `info` that the client echoes, `schema` of what it may add. */

import { gasSponsoring } from './up-to-payload.ts'

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** Says that calls may be named (specs/0022-machine-payments.md section 5). */
export const paymentIdentifierExtension = {
  'payment-identifier': {
    info: { required: false },
    schema: {
      $schema: dialect,
      type: 'object',
      properties: {
        required: { type: 'boolean' },
        id: { type: 'string', minLength: 16, maxLength: 128, pattern: '^[a-zA-Z0-9_-]+$' },
      },
      required: ['required'],
    },
  },
} as const

/** Says that the payer's EIP-2612 permit for Permit2 is sent along with an `upto` payment: its first one needs no transaction of its own. */
export const gasSponsoringExtension = {
  [gasSponsoring]: {
    info: { description: 'An EIP-2612 permit for Permit2 is sent along, for exactly the amount asked.', version: '1' },
    schema: {
      $schema: dialect,
      type: 'object',
      properties: {
        from: { type: 'string', pattern: '^0x[a-fA-F0-9]{40}$' },
        asset: { type: 'string', pattern: '^0x[a-fA-F0-9]{40}$' },
        spender: { type: 'string', pattern: '^0x[a-fA-F0-9]{40}$' },
        amount: { type: 'string', pattern: '^[0-9]+$' },
        nonce: { type: 'string', pattern: '^[0-9]+$' },
        deadline: { type: 'string', pattern: '^[0-9]+$' },
        signature: { type: 'string', pattern: '^0x[a-fA-F0-9]+$' },
        version: { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)*$' },
      },
      required: ['from', 'asset', 'spender', 'amount', 'nonce', 'deadline', 'signature', 'version'],
    },
  },
} as const

/** How a resource is called; schemas are JSON schemas of the inputs. */
export type Discovery =
  | {
      readonly kind: 'query'
      readonly method: 'GET' | 'HEAD' | 'DELETE'
      readonly query?: JsonSchema
      readonly output?: unknown
    }
  | {
      readonly kind: 'body'
      readonly method: 'POST' | 'PUT' | 'PATCH'
      readonly body: JsonSchema
      /** A body that the schema admits. */
      readonly example?: Readonly<Record<string, unknown>>
      readonly output?: unknown
    }
  | {
      readonly kind: 'mcp'
      readonly tool: string
      readonly description?: string
      readonly inputSchema: JsonSchema
      readonly example?: Readonly<Record<string, unknown>>
      readonly output?: unknown
    }

export type JsonSchema = Readonly<Record<string, unknown>>

/** Lets directories list the resource; `output` is an example of the answer. */
export function bazaarExtension(discovery: Discovery): Readonly<Record<string, unknown>> {
  const { input, schema, required } = inputOf(discovery)
  const output = discovery.output === undefined ? {} : { output: { type: 'json', example: discovery.output } }
  return {
    bazaar: {
      info: { input, ...output },
      schema: {
        $schema: dialect,
        type: 'object',
        properties: {
          input: { type: 'object', properties: schema, required, additionalProperties: false },
          ...(discovery.output === undefined
            ? {}
            : {
                output: { type: 'object', properties: { type: { type: 'string' }, example: {} }, required: ['type'] },
              }),
        },
        required: ['input'],
      },
    },
  }
}

function inputOf(discovery: Discovery) {
  if (discovery.kind === 'mcp') {
    const { tool, description, inputSchema, example } = discovery
    return {
      input: {
        type: 'mcp',
        tool,
        inputSchema,
        ...(description === undefined ? {} : { description }),
        ...(example === undefined ? {} : { example }),
      },
      schema: {
        type: { type: 'string', const: 'mcp' },
        tool: { type: 'string' },
        description: { type: 'string' },
        inputSchema: { type: 'object' },
        example: { type: 'object' },
      },
      required: ['type', 'tool', 'inputSchema'],
    }
  }
  const type = { type: 'string', const: 'http' }
  if (discovery.kind === 'query') {
    return {
      input: { type: 'http', method: discovery.method },
      schema: {
        type,
        method: { type: 'string', enum: ['GET', 'HEAD', 'DELETE'] },
        queryParams: discovery.query ?? { type: 'object' },
      },
      required: ['type', 'method'],
    }
  }
  return {
    input: { type: 'http', method: discovery.method, bodyType: 'json', body: discovery.example ?? {} },
    schema: {
      type,
      method: { type: 'string', enum: ['POST', 'PUT', 'PATCH'] },
      bodyType: { type: 'string', enum: ['json', 'form-data', 'text'] },
      body: discovery.body,
    },
    required: ['type', 'method', 'bodyType', 'body'],
  }
}
