import { createHash } from 'node:crypto'
import { KoinonError, parseUnits, picoUsdDecimals } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { SpendCeiling } from '../../rules/spend-ceiling.ts'
import { answerText } from './answer-text.ts'
import { hireAgent } from './hire-agent.ts'
import { type CallPayer, payWithin } from './paid-call.ts'

/** Answers of the calls of a task, so that a second run neither makes nor pays them again. */
export const taskCallsSchema =
  'create table if not exists agent_calls (task text not null, number integer not null, request text not null, answer text not null, primary key (task, number));'

export type TaskCallsOptions = {
  readonly taskId: string
  /** Names that the agent's file declares, with their URLs. Nothing else can be called. */
  readonly tools: Readonly<Record<string, string>>
  readonly store: DurableStore
  readonly payer: CallPayer
  /** Of the agent, over all of its tasks while it runs. */
  readonly ceiling: SpendCeiling
  readonly perCallPicoUsd: bigint
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

export type CallLimits = { readonly maxPerCallDollars?: string; readonly timeoutMs?: number }

const callTimeoutMs = 60_000

/** What a handler may do to the world: call services and hire agents that its file names, within its budget. */
export class TaskCalls {
  readonly #options: TaskCallsOptions
  #number = 0

  constructor(options: TaskCallsOptions) {
    this.#options = options
  }

  /** JSON of a service. Throws `agents/unknown-tool`, `budget/ceiling`, `agents/over-limit`, `agents/call-refused` and what paying throws. */
  async call(tool: string, input: unknown, limits: CallLimits = {}): Promise<unknown> {
    const url = this.#urlOf(tool)
    const maximumPicoUsd = this.#maximumOf(tool, limits)
    return this.#once({ kind: 'call', tool, input }, async (paymentId) => {
      const signal = this.#signal(limits)
      const call = { url, method: 'POST', body: input, maximumPicoUsd, paymentId, signal } as const
      const { response } = await payWithin(this.#options.ceiling, maximumPicoUsd, () => this.#options.payer.pay(call))
      const text = await answerText(response)
      if (!response.ok)
        throw new KoinonError({
          code: 'agents/call-refused',
          message: `${tool} answered with status ${response.status}`,
        })
      return jsonOf(text, tool)
    })
  }

  /** A task of another agent over A2A, waited for: its data, or its text where it has none. Throws as {@link call}. */
  async hire(
    agent: string,
    work: { readonly service?: string; readonly input: unknown },
    limits: CallLimits = {},
  ): Promise<unknown> {
    const url = this.#urlOf(agent)
    const maximumPicoUsd = this.#maximumOf(agent, limits)
    const { fetch, payer } = this.#options
    return this.#once({ kind: 'hire', tool: agent, input: work }, async (messageId) => {
      const signal = this.#signal(limits)
      const { payMessage } = payer
      const hire = { url, messageId, data: work, fetch, signal, maximumPicoUsd, payMessage }
      return (await payWithin(this.#options.ceiling, maximumPicoUsd, () => hireAgent(hire))).answer
    })
  }

  #maximumOf(tool: string, { maxPerCallDollars = '0' }: CallLimits): bigint {
    const maximumPicoUsd = parseUnits(maxPerCallDollars, picoUsdDecimals)
    if (maximumPicoUsd <= this.#options.perCallPicoUsd) return maximumPicoUsd
    throw new KoinonError({ code: 'agents/over-limit', message: `The limit of ${tool} is above that of a call` })
  }

  #urlOf(tool: string): string {
    const url = Object.hasOwn(this.#options.tools, tool) ? this.#options.tools[tool] : undefined
    if (url !== undefined) return url
    throw new KoinonError({
      code: 'agents/unknown-tool',
      message: `The agent's file names no tool "${tool.slice(0, 60)}"`,
      hint: 'Add it under "tools".',
    })
  }

  #signal({ timeoutMs = callTimeoutMs }: CallLimits): AbortSignal {
    return AbortSignal.any([this.#options.signal, AbortSignal.timeout(timeoutMs)])
  }

  /** The n-th call of a task is made once: a second run that asks the same hears the same, and with the same payment id where it was cut off. */
  async #once(request: object, make: (id: string) => Promise<unknown>): Promise<unknown> {
    const { store, taskId } = this.#options
    const number = this.#number++
    const asked = createHash('sha256').update(JSON.stringify(request)).digest('hex')
    const [held] = await store.read('select request, answer from agent_calls where task = ? and number = ?', [
      taskId,
      number,
    ])
    if (held !== undefined && held['request'] === asked) return JSON.parse(String(held['answer']))
    const id = createHash('sha256').update(`${taskId}|${number}|${asked}`).digest('hex').slice(0, 48)
    const answer = await make(id)
    await store.write([
      {
        sql: 'insert or replace into agent_calls (task, number, request, answer) values (?, ?, ?, ?)',
        values: [taskId, number, asked, JSON.stringify(answer ?? null)],
      },
    ])
    return answer
  }
}

function jsonOf(text: string, tool: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KoinonError({ code: 'agents/call-refused', message: `${tool} answered no JSON`, cause })
  }
}
