import { KoinonError } from '@koinon/base'
import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  type CallToolResult,
  CallToolResultSchema,
  ElicitRequestSchema,
  type ElicitResult,
  ErrorCode,
  McpError,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js'

import type { MessageServiceCall, PayMessage } from '../calls/paid-call.ts'

export type McpConnectionOptions = {
  readonly url: string
  readonly name: string
  readonly version: string
  /** A paying one, where the server wants to be paid. */
  readonly fetch?: typeof fetch
  /** Where the server asks for OAuth: the credentials and how they are got. */
  readonly authProvider?: OAuthClientProvider
  /** The code that came back from where `authProvider` sent the person; asked after each such visit, at most three times a call. */
  readonly authorizationCode?: () => Promise<string>
  /** Answers forms of the server. Left-out fields take the form's defaults. Unless given, forms are not taken. */
  readonly elicit?: (message: string) => Promise<ElicitResult>
  /** Of one request, 60,000 unless given. */
  readonly timeoutMs?: number
}

const mostTools = 1_024
const mostPages = 64
const mostAnswerBytes = 1 << 20
const mostAuthorizations = 3

/** A session with one MCP server over Streamable HTTP. What comes back is the server's word: data, never instructions. */
export class McpConnection {
  readonly #options: McpConnectionOptions
  readonly #client: Client
  #transport: StreamableHTTPClientTransport

  constructor(options: McpConnectionOptions) {
    this.#options = options
    const { name, version, elicit } = options
    this.#client = new Client(
      { name, version },
      { capabilities: elicit === undefined ? {} : { elicitation: { form: { applyDefaults: true } } } },
    )
    if (elicit !== undefined)
      this.#client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params.message))
    this.#transport = this.#newTransport()
  }

  /** Throws `mcp/unreachable`. */
  async open(): Promise<void> {
    await this.#authorized(
      () =>
        this.#client.connect(this.#transport as Parameters<Client['connect']>[0], {
          timeout: this.#options.timeoutMs ?? 60_000,
        }),
      () => {
        this.#transport = this.#newTransport()
      },
    )
  }

  /** All tools, at most 1,024. */
  async tools(): Promise<readonly Tool[]> {
    const found: Tool[] = []
    let cursor: string | undefined
    for (let page = 0; page < mostPages && found.length < mostTools; page++) {
      const asked = cursor
      const answer = await this.#authorized(() =>
        this.#client.listTools(asked === undefined ? {} : { cursor: asked }, this.#requestOptions()),
      )
      found.push(...answer.tools)
      cursor = answer.nextCursor
      if (cursor === undefined) break
    }
    return found.slice(0, mostTools)
  }

  /** Throws `mcp/answer-too-large` beyond 1 MiB; a failure of the tool itself is an answer with `isError`. */
  async call(
    name: string,
    input: Readonly<Record<string, unknown>>,
    options: { readonly signal?: AbortSignal; readonly meta?: Readonly<Record<string, unknown>> } = {},
  ): Promise<CallToolResult> {
    const { signal, meta } = options
    const params = { name, arguments: { ...input }, ...(meta === undefined ? {} : { _meta: { ...meta } }) }
    const answer = await this.#authorized(() =>
      this.#client.callTool(params, CallToolResultSchema, {
        ...this.#requestOptions(),
        ...(signal === undefined ? {} : { signal }),
      }),
    )
    if (JSON.stringify(answer).length > mostAnswerBytes)
      throw new KoinonError({ code: 'mcp/answer-too-large', message: `The tool ${name} answered more than 1 MiB` })
    return answer as CallToolResult
  }

  /**
   * Calls a tool and pays at most the maximum when it asks, inside the protocol. A session that ended meanwhile is begun anew, and the same
   * payment sent again. Throws as `call`, and what paying throws.
   */
  async callPaid(
    name: string,
    input: Readonly<Record<string, unknown>>,
    paying: Omit<MessageServiceCall<CallToolResult>, 'kind' | 'origin' | 'resourceUrl' | 'request' | 'send'> & {
      readonly payMessage: PayMessage
    },
  ): Promise<{ readonly answer: CallToolResult; readonly paidPicoUsd: bigint }> {
    const { payMessage, ...call } = paying
    let isFirst = true
    return payMessage({
      ...call,
      kind: 'tool',
      origin: new URL(this.#options.url).origin,
      resourceUrl: `mcp://tool/${encodeURIComponent(name)}`,
      request: { name, arguments: input },
      send: async (meta) => {
        const isAgain = !isFirst
        isFirst = false
        try {
          return await this.call(name, input, { signal: call.signal, meta })
        } catch (error) {
          // What the server said is its answer; else it may have forgotten the session.
          if (error instanceof McpError && error.code !== ErrorCode.ConnectionClosed) throw error
          if (isAgain) await this.#reopen()
          throw error
        }
      },
    })
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #reopen(): Promise<void> {
    await this.#client.close().catch(() => undefined)
    this.#transport = this.#newTransport()
    await this.open().catch(() => undefined)
  }

  #requestOptions(): { readonly timeout: number } {
    return { timeout: this.#options.timeoutMs ?? 60_000 }
  }

  #newTransport(): StreamableHTTPClientTransport {
    const { url, fetch, authProvider } = this.#options
    return new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { redirect: 'error' },
      ...(fetch === undefined ? {} : { fetch }),
      ...(authProvider === undefined ? {} : { authProvider }),
    })
  }

  /** A refused request ran nothing, so it may be sent again once somebody has let us in. */
  async #authorized<result>(ask: () => Promise<result>, renew: () => void = () => undefined): Promise<result> {
    const { authorizationCode, url } = this.#options
    for (let visit = 0; ; visit++) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw unreachable(url, error as Error)
        if (authorizationCode === undefined || visit >= mostAuthorizations) throw error
        await this.#transport.finishAuth(await authorizationCode())
        renew()
      }
    }
  }
}

function unreachable(url: string, cause: Error): Error {
  if (cause.name !== 'TypeError') return cause
  return new KoinonError({
    code: 'mcp/unreachable',
    message: `The MCP server at ${url} does not answer`,
    hint: 'Check the address, and that the server speaks Streamable HTTP.',
    retry: 'later',
    cause,
  })
}
