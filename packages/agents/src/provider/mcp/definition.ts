/** What an MCP server of ours offers: data and functions, without a wire (specs/0026-agents.md section 2). */
import type {
  CallToolResult,
  CreateMessageRequest,
  CreateMessageResult,
  ElicitRequestFormParams,
  ElicitResult,
  GetPromptResult,
  LoggingLevel,
  PromptArgument,
  ReadResourceResult,
  ToolAnnotations,
} from '@modelcontextprotocol/sdk/types.js'

/** A JSON Schema (2020-12) of an object. */
export type ObjectSchema = {
  readonly type: 'object'
  readonly properties?: Readonly<Record<string, object>>
  readonly required?: readonly string[]
  readonly [keyword: string]: unknown
}

/** What a tool may do while it runs. */
export type ToolContext = {
  /** Aborted when the caller cancels, goes away or the tool's time is over. */
  readonly signal: AbortSignal
  /** `_meta` of the call: data of the caller, such as payments. */
  readonly meta: Readonly<Record<string, unknown>>
  /** Tells how far it is, where the caller asked to hear it. */
  progress(done: number, total: number): Promise<void>
  log(level: LoggingLevel, data: unknown): Promise<void>
  /** Asks the caller's model; throws where the caller has none to lend. */
  sample(params: CreateMessageRequest['params']): Promise<CreateMessageResult>
  /** Asks the person behind the caller; throws where nobody can be asked. */
  elicit(params: ElicitRequestFormParams): Promise<ElicitResult>
  /** Ends the stream of this call for now; the caller comes back for the answer. Nothing over stdio. */
  pauseStream(): void
}

export type McpTool = {
  readonly name: string
  readonly title?: string
  readonly description: string
  readonly inputSchema: ObjectSchema
  readonly annotations?: ToolAnnotations
  /** Milliseconds after which the call is ended; 60,000 unless given. */
  readonly timeoutMs?: number
  /** Gets arguments that the schema let through. What it throws becomes an answer with `isError`. */
  readonly run: (input: Readonly<Record<string, unknown>>, context: ToolContext) => Promise<CallToolResult>
}

export type McpResource = {
  readonly uri: string
  readonly name: string
  readonly description: string
  readonly mimeType: string
  readonly read: () => Promise<ReadResourceResult>
}

/** Resources of one pattern, with one `{name}` or several, each of them one segment. */
export type McpResourceTemplate = {
  readonly uriTemplate: string
  readonly name: string
  readonly description: string
  readonly mimeType: string
  readonly read: (uri: string, values: Readonly<Record<string, string>>) => Promise<ReadResourceResult>
}

export type McpPrompt = {
  readonly name: string
  readonly description: string
  readonly arguments?: readonly PromptArgument[]
  readonly get: (values: Readonly<Record<string, string>>) => GetPromptResult
}

export type McpDefinition = {
  readonly name: string
  readonly version: string
  /** What the caller's model is told about all of it. */
  readonly instructions?: string
  readonly tools: readonly McpTool[]
  readonly resources?: readonly McpResource[]
  readonly resourceTemplates?: readonly McpResourceTemplate[]
  readonly prompts?: readonly McpPrompt[]
}
