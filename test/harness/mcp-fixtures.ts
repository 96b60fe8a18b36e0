/** The tools, resources and prompts that the public MCP conformance suite asks a server for, through our public API. */
import { setTimeout as delay } from 'node:timers/promises'
import type { McpDefinition, McpTool, ObjectSchema, ToolContext } from '@koinon/agents/provider'

type Answer = Awaited<ReturnType<McpTool['run']>>
type Content = Answer['content']

const nothing: ObjectSchema = { type: 'object', properties: {} }
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const wav = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='
const image = { type: 'image', data: png, mimeType: 'image/png' } as const
const embedded = {
  type: 'resource',
  resource: {
    uri: 'test://embedded-resource',
    mimeType: 'text/plain',
    text: 'This is an embedded resource content.',
  },
} as const

function text(words: string): Answer {
  return { content: [{ type: 'text', text: words }] }
}

function fixed(name: string, content: Content): McpTool {
  return { name, description: `Answers with ${name}`, inputSchema: nothing, run: async () => ({ content }) }
}

function tool(
  name: string,
  run: (input: Readonly<Record<string, unknown>>, context: ToolContext) => Promise<Answer>,
  inputSchema = nothing,
): McpTool {
  return { name, description: `Does ${name}`, inputSchema, run }
}

function elicitation(name: string, properties: Record<string, object>, required: readonly string[] = []): McpTool {
  return tool(name, async (_input, { elicit }) => {
    const { action, content } = await elicit({
      message: 'Please fill this in',
      requestedSchema: { type: 'object', properties, required } as never,
    })
    return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)
  })
}

const oneString = (name: string): ObjectSchema => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
})
const titles = (prefix: string, words: readonly string[]): readonly object[] =>
  words.map((title, index) => ({ const: `${prefix}${index + 1}`, title }))

const tools: readonly McpTool[] = [
  fixed('test_simple_text', [{ type: 'text', text: 'This is a simple text response for testing.' }]),
  fixed('test_image_content', [image]),
  fixed('test_audio_content', [{ type: 'audio', data: wav, mimeType: 'audio/wav' }]),
  fixed('test_embedded_resource', [embedded]),
  fixed('test_multiple_content_types', [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    {
      type: 'resource',
      resource: {
        uri: 'test://mixed-content-resource',
        mimeType: 'application/json',
        text: '{"test":"data","value":123}',
      },
    },
  ]),
  tool('test_tool_with_logging', async (_input, { log }) => {
    await log('info', 'Tool execution started')
    await delay(50)
    await log('info', 'Tool processing data')
    await delay(50)
    await log('info', 'Tool execution completed')
    return text('Logged')
  }),
  tool('test_error_handling', async () => {
    throw new Error('This tool intentionally returns an error for testing')
  }),
  tool('test_tool_with_progress', async (_input, { progress }) => {
    for (const done of [0, 50, 100]) {
      await progress(done, 100)
      await delay(50)
    }
    return text('Done')
  }),
  tool(
    'test_sampling',
    async (input, { sample }) => {
      const { content } = await sample({
        messages: [{ role: 'user', content: { type: 'text', text: String(input['prompt']) } }],
        maxTokens: 100,
      })
      return text(`LLM response: ${'text' in content ? content.text : ''}`)
    },
    oneString('prompt'),
  ),
  tool(
    'test_elicitation',
    async (input, { elicit }) => {
      const answer = await elicit({
        message: String(input['message']),
        requestedSchema: {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
      })
      return text(`User response: ${JSON.stringify(answer)}`)
    },
    oneString('message'),
  ),
  elicitation('test_elicitation_sep1034_defaults', {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  }),
  elicitation('test_elicitation_sep1330_enums', {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titles('value', ['First Option', 'Second Option', 'Third Option']) },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: { anyOf: titles('value', ['First Choice', 'Second Choice', 'Third Choice']) },
    },
  }),
  tool('test_reconnection', async (_input, { pauseStream }) => {
    await delay(50)
    pauseStream()
    await delay(100)
    return text('Came back')
  }),
  tool('json_schema_2020_12_tool', async () => text('ok'), {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
    properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
    additionalProperties: false,
  }),
]

/** A server of ours with what the suite's server scenarios call. */
export const conformanceDefinition: McpDefinition = {
  name: 'koinon-conformance',
  version: '1.0.0',
  tools,
  resources: [
    {
      uri: 'test://static-text',
      name: 'static text',
      description: 'A text',
      mimeType: 'text/plain',
      read: async () => ({
        contents: [
          {
            uri: 'test://static-text',
            mimeType: 'text/plain',
            text: 'This is the content of the static text resource.',
          },
        ],
      }),
    },
    {
      uri: 'test://static-binary',
      name: 'static binary',
      description: 'A picture',
      mimeType: 'image/png',
      read: async () => ({ contents: [{ uri: 'test://static-binary', mimeType: 'image/png', blob: png }] }),
    },
    {
      uri: 'test://watched-resource',
      name: 'watched',
      description: 'A resource to watch',
      mimeType: 'text/plain',
      read: async () => ({ contents: [{ uri: 'test://watched-resource', mimeType: 'text/plain', text: 'unchanged' }] }),
    },
  ],
  resourceTemplates: [
    {
      uriTemplate: 'test://template/{id}/data',
      name: 'template',
      description: 'Data of an id',
      mimeType: 'application/json',
      read: async (uri, { id = '' }) => ({
        contents: [
          {
            uri,
            mimeType: 'application/json',
            text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
          },
        ],
      }),
    },
  ],
  prompts: [
    {
      name: 'test_simple_prompt',
      description: 'A simple prompt',
      get: () => ({ messages: [user('This is a simple prompt for testing.')] }),
    },
    {
      name: 'test_prompt_with_arguments',
      description: 'A prompt with arguments',
      arguments: [
        { name: 'arg1', description: 'First test argument', required: true },
        { name: 'arg2', description: 'Second test argument', required: true },
      ],
      get: ({ arg1, arg2 }) => ({ messages: [user(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
    },
    {
      name: 'test_prompt_with_embedded_resource',
      description: 'A prompt with a resource',
      arguments: [{ name: 'resourceUri', description: 'URI of the resource to embed', required: true }],
      get: ({ resourceUri = '' }) => ({
        messages: [
          {
            role: 'user',
            content: {
              type: 'resource',
              resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
            },
          },
          user('Please process the embedded resource above.'),
        ],
      }),
    },
    {
      name: 'test_prompt_with_image',
      description: 'A prompt with a picture',
      get: () => ({ messages: [{ role: 'user', content: image }, user('Please analyze the image above.')] }),
    },
  ],
}

function user(words: string): { role: 'user'; content: { type: 'text'; text: string } } {
  return { role: 'user', content: { type: 'text', text: words } }
}
