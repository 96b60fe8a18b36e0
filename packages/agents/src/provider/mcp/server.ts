import { errorToJson, isKoinonError } from '@koinon/base'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { objectCheck } from '../object-check.ts'
import type { McpDefinition, McpTool, ToolContext } from './definition.ts'
import { matchTemplate } from './uri-template.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** Resources one session may watch. */
const mostSubscriptions = 64
const toolTimeoutMs = 60_000

/**
 * One session's server of a definition, to be connected to a transport of the SDK (one server a session). Arguments are checked against
 * the tool's schema before it runs; what a tool throws is told as the tool's answer, insides of unexpected failures stay inside.
 */
export function createMcpServer(definition: McpDefinition): Server {
  const { name, version, instructions, resources = [], resourceTemplates = [], prompts = [] } = definition
  const hasResources = resources.length + resourceTemplates.length > 0
  const server = new Server(
    { name, version },
    {
      capabilities: {
        tools: {},
        logging: {},
        ...(hasResources ? { resources: { subscribe: true } } : {}),
        ...(prompts.length > 0 ? { prompts: {}, completions: {} } : {}),
      },
      ...(instructions === undefined ? {} : { instructions }),
    },
  )
  serveTools(server, definition.tools)
  if (hasResources) serveResources(server, definition)
  if (prompts.length > 0) servePrompts(server, definition)
  return server
}

function serveTools(server: Server, tools: readonly McpTool[]): void {
  const byName = new Map(tools.map((tool) => [tool.name, { tool, check: objectCheck(tool.inputSchema) }]))
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, inputSchema, annotations }) => ({
      name,
      description,
      inputSchema: inputSchema as { type: 'object' },
      ...(title === undefined ? {} : { title }),
      ...(annotations === undefined ? {} : { annotations }),
    })),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const found = byName.get(params.name)
    if (found === undefined)
      throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name.slice(0, 100)}`)
    const input = params.arguments ?? {}
    const problem = found.check(input)
    if (problem !== undefined) return failed(`The arguments do not fit: ${problem}`)
    return runTool(server, found.tool, input, extra)
  })
}

async function runTool(
  server: Server,
  tool: McpTool,
  input: Readonly<Record<string, unknown>>,
  extra: Extra,
): Promise<CallToolResult> {
  const signal = AbortSignal.any([extra.signal, AbortSignal.timeout(tool.timeoutMs ?? toolTimeoutMs)])
  const ended = new Promise<CallToolResult>((resolve) =>
    signal.addEventListener('abort', () => resolve(failed('The time of this call is over')), { once: true }),
  )
  try {
    return await Promise.race([tool.run(input, toolContext(server, extra, signal)), ended])
  } catch (error) {
    return failed(sentenceOf(error))
  }
}

function toolContext(server: Server, extra: Extra, signal: AbortSignal): ToolContext {
  const related = { relatedRequestId: extra.requestId, signal }
  const progressToken = extra._meta?.progressToken
  return {
    signal,
    meta: extra._meta ?? {},
    progress: async (progress, total) => {
      if (progressToken === undefined) return
      await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total } })
    },
    log: (level, data) =>
      extra.sendNotification({ method: 'notifications/message', params: { level, data, logger: 'koinon' } }),
    sample: async (params) => {
      if (server.getClientCapabilities()?.sampling === undefined) throw new Error('The caller lends no model')
      return server.createMessage(params as Parameters<Server['createMessage']>[0], related)
    },
    elicit: async (params) => {
      if (server.getClientCapabilities()?.elicitation === undefined) throw new Error('The caller cannot ask anybody')
      return server.elicitInput(params, related)
    },
    pauseStream: () => extra.closeSSEStream?.(),
  }
}

function serveResources(server: Server, { resources = [], resourceTemplates = [] }: McpDefinition): void {
  const watched = new Set<string>()
  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: resources.map(({ uri, name, description, mimeType }) => ({ uri, name, description, mimeType })),
  }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: resourceTemplates.map(({ uriTemplate, name, description, mimeType }) => ({
      uriTemplate,
      name,
      description,
      mimeType,
    })),
  }))
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => {
    const direct = resources.find((resource) => resource.uri === uri)
    if (direct !== undefined) return told(direct.read())
    for (const template of resourceTemplates) {
      const values = matchTemplate(template.uriTemplate, uri)
      if (values !== undefined) return told(template.read(uri, values))
    }
    throw new McpError(-32002, `There is no resource ${uri.slice(0, 200)}`)
  })
  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    if (watched.size >= mostSubscriptions) throw new McpError(ErrorCode.InvalidRequest, 'This session watches enough')
    watched.add(uri)
    return {}
  })
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    watched.delete(uri)
    return {}
  })
}

function servePrompts(server: Server, { prompts = [] }: McpDefinition): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts.map(({ name, description, arguments: list = [] }) => ({
      name,
      description,
      arguments: [...list],
    })),
  }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = prompts.find(({ name }) => name === params.name)
    if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, 'There is no such prompt')
    const values = params.arguments ?? {}
    const missing = (prompt.arguments ?? []).find(
      ({ name, required }) => required === true && values[name] === undefined,
    )
    if (missing !== undefined) throw new McpError(ErrorCode.InvalidParams, `The argument ${missing.name} is missing`)
    return prompt.get(values)
  })
  server.setRequestHandler(CompleteRequestSchema, () => ({ completion: { values: [], total: 0, hasMore: false } }))
}

async function told<result>(reading: Promise<result>): Promise<result> {
  try {
    return await reading
  } catch (error) {
    throw new McpError(ErrorCode.InternalError, sentenceOf(error))
  }
}

function failed(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] }
}

/** For a model to read: code, sentence and next step of ours, the sentence of others. */
function sentenceOf(error: unknown): string {
  if (!isKoinonError(error)) return error instanceof Error ? error.message : 'The tool failed'
  const { code, message, hint } = errorToJson(error)
  return [`${code}: ${message}.`, ...(hint === undefined ? [] : [hint])].join(' ')
}
