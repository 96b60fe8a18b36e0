import type { CallLimits } from '../../client/calls/task-calls.ts'
import type { ObjectSchema } from '../mcp/definition.ts'

/** What a handler has. There is no key and no signer in it: money moves only through `call`, within the file's budget. */
export type AgentContext = {
  readonly taskId: string
  /** True after a crash: calls that were answered are answered from disk, everything else happens again. */
  readonly isSecondRun: boolean
  readonly signal: AbortSignal
  /** Tells whoever waits how far it is. */
  say(text: string): void
  /** JSON of a service named under `tools`, paid at most `maxPerCallDollars` (nothing unless given). */
  call(tool: string, input: unknown, limits?: CallLimits): Promise<unknown>
  /** The answer of an agent named under `tools`, over A2A. */
  hire(
    agent: string,
    work: { readonly service?: string; readonly input: unknown },
    limits?: CallLimits,
  ): Promise<unknown>
}

export type AgentService<input = never, output = unknown> = {
  /** `[a-z0-9-]`, at most 40 characters. */
  readonly name: string
  readonly description: string
  /** Dollars a call, as decimal text; free unless given. */
  readonly priceDollars?: string
  readonly input: ObjectSchema
  readonly output: ObjectSchema
  /** Gets what the schema let through; what it returns must fit `output`, or the call fails and costs nothing. */
  readonly run: (input: input, context: AgentContext) => Promise<output>
}

export type AgentDefinition = {
  readonly name: string
  readonly description: string
  readonly version: string
  readonly services: readonly AgentService[]
  /** Services and agents that the handlers use: name and URL. */
  readonly tools?: Readonly<Record<string, string>>
  /** What the handlers may spend, all tasks together while the agent runs, and on one call. */
  readonly budget?: { readonly maxTotalDollars: string; readonly maxPerCallDollars: string }
}
