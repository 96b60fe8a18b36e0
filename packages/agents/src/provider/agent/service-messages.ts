/** An agent's services where calls are messages: MCP tools and A2A tasks, free or paid inside the protocol. */
import {
  bytesToHex,
  type Clock,
  formatUnits,
  isKoinonError,
  KoinonError,
  picoUsdDecimals,
  type Random,
} from '@koinon/base'
import { MessageDoor, sellTaskCall, sellToolCall } from '@koinon/payments/messages'
import type { PaymentTerms } from '@koinon/payments/rules'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { untrustedText } from '../../rules/untrusted.ts'
import type { A2aJob, A2aOutcome } from '../a2a/executor.ts'
import type { McpTool } from '../mcp/definition.ts'
import type { AgentTill } from './agent-till.ts'
import { priceOf } from './define-agent.ts'
import type { AgentService } from './definition.ts'
import type { ServiceRunner } from './service-runner.ts'

export type ServiceMessagesOptions = {
  readonly agentName: string
  readonly services: readonly AgentService[]
  readonly runner: ServiceRunner
  readonly till: AgentTill | undefined
  /** Where A2A is answered. */
  readonly taskUrl: string
  readonly origin: string
  readonly clock: Clock
  readonly random: Random
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Settling takes as long as the ledger does. */
const settlementMs = 60_000

export class ServiceMessages {
  readonly #options: ServiceMessagesOptions
  readonly #door: MessageDoor | undefined

  constructor(options: ServiceMessagesOptions) {
    const { till, origin, clock, onError } = options
    this.#options = options
    this.#door =
      till === undefined
        ? undefined
        : new MessageDoor({
            desk: till.desk,
            wires: till.wiresAt(origin),
            clock,
            ...(onError === undefined ? {} : { onError }),
          })
  }

  /** All services as tools. Arguments that do not fit are refused before anything is asked for them. */
  tools(): readonly McpTool[] {
    return this.#options.services.map((service) => this.#tool(service))
  }

  #tool(service: AgentService): McpTool {
    const { agentName, runner, random } = this.#options
    const { name, description, input: inputSchema } = service
    const price = priceOf(service)
    const answer = async (input: unknown, taskId: string, signal: AbortSignal): Promise<CallToolResult> => {
      const run = { taskId, isSecondRun: false, signal, say: () => undefined }
      const text = untrustedText(`the agent ${agentName}`, await this.#quietly(runner.run(name, input, run)))
      return { content: [{ type: 'text', text }] }
    }
    if (price === 0n)
      return {
        name,
        description,
        inputSchema,
        run: (input, { signal }) => answer(input, bytesToHex(random(16)), signal),
      }
    const terms = this.#terms(service, `mcp://tool/${name}`)
    return {
      name,
      description: `${description} (Costs ${formatUnits(price, picoUsdDecimals)} dollars a call, paid by x402 or MPP.)`,
      inputSchema,
      timeoutMs: terms.timeoutSeconds * 1_000 + settlementMs,
      run: async (input, { signal, meta }) =>
        (await sellToolCall(this.#door as MessageDoor, {
          terms: this.#terms(service, `mcp://tool/${name}`),
          input,
          meta,
          work: ({ requestId }) => answer(input, requestId, signal),
        })) as CallToolResult,
    }
  }

  /** A task is `{service, input}` as data, or a text for an agent with one service that takes `{text}`. */
  async work(job: A2aJob, say: (text: string) => void): Promise<A2aOutcome> {
    const { services, runner } = this.#options
    const { taskId, isSecondRun, signal, opening } = job
    const asked = (opening.data[0] ?? {}) as { readonly service?: unknown; readonly input?: unknown }
    const name = typeof asked.service === 'string' ? asked.service : services.length === 1 ? services[0]?.name : ''
    const service = services.find((one) => one.name === name)
    if (service === undefined)
      return {
        state: 'rejected',
        text: `Name a service as data {"service", "input"}: ${services.map((one) => one.name).join(', ')}`,
      }
    const input = opening.data.length === 0 ? { text: opening.text } : (asked.input ?? {})
    const run = () => this.#quietly(runner.run(service.name, input, { taskId, isSecondRun, signal, say }))
    try {
      runner.check(service.name, input)
      if (priceOf(service) === 0n) return { state: 'completed', data: await run() }
      return await sellTaskCall(this.#door as MessageDoor, {
        terms: this.#terms(service, this.#options.taskUrl),
        call: { service: service.name, input },
        metadata: job.metadata,
        before: job.statusMetadata,
        taskId,
        work: run,
      })
    } catch (error) {
      const isTheirs = isKoinonError(error) && error.code === 'agents/bad-input'
      return {
        state: isTheirs ? 'rejected' : 'failed',
        text: isKoinonError(error) ? error.message : 'The agent failed',
      }
    }
  }

  #terms(service: AgentService, url: string): PaymentTerms {
    const resource = { url, method: 'POST', description: service.description, mimeType: 'application/json' }
    return (this.#options.till as AgentTill).terms(resource, priceOf(service))
  }

  /** Insides of failures stay inside. */
  async #quietly<answer>(run: Promise<answer>): Promise<answer> {
    try {
      return await run
    } catch (error) {
      if (isKoinonError(error)) throw error
      this.#options.onError?.(error)
      throw new KoinonError({ code: 'agents/failed', message: 'The agent failed', cause: error })
    }
  }
}
