import { KoinonError, parseUnits, picoUsdDecimals } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { CallPayer } from '../../client/calls/paid-call.ts'
import { TaskCalls } from '../../client/calls/task-calls.ts'
import { SpendCeiling } from '../../rules/spend-ceiling.ts'
import { objectCheck } from '../object-check.ts'
import type { AgentDefinition, AgentService } from './definition.ts'

export type Run = {
  readonly taskId: string
  readonly isSecondRun: boolean
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/** Runs the services of one agent: input and output held against their schemas, calls within its budget. */
export class ServiceRunner {
  readonly ceiling: SpendCeiling
  readonly #definition: AgentDefinition
  readonly #options: { readonly store: DurableStore; readonly payer: CallPayer; readonly fetch: typeof fetch }
  readonly #services: ReadonlyMap<
    string,
    { readonly service: AgentService; readonly input: Check; readonly output: Check }
  >

  constructor(
    definition: AgentDefinition,
    options: { readonly store: DurableStore; readonly payer: CallPayer; readonly fetch: typeof fetch },
  ) {
    this.#definition = definition
    this.#options = options
    this.ceiling = new SpendCeiling(parseUnits(definition.budget?.maxTotalDollars ?? '0', picoUsdDecimals))
    this.#services = new Map(
      definition.services.map((service) => [
        service.name,
        { service, input: objectCheck(service.input), output: objectCheck(service.output) },
      ]),
    )
  }

  service(name: string): AgentService | undefined {
    return this.#services.get(name)?.service
  }

  /** What serves a call that could be run. Throws `agents/no-service` (404) and `agents/bad-input` (400). */
  check(name: string, input: unknown): { readonly service: AgentService; readonly output: Check } {
    const found = this.#services.get(name)
    if (found === undefined) throw refusal('agents/no-service', 'There is no such service', 404)
    const wrong = found.input(input)
    if (wrong !== undefined) throw refusal('agents/bad-input', `The input does not fit: ${wrong}`, 400)
    return found
  }

  /** Throws `agents/no-service` (404), `agents/bad-input` (400), `agents/bad-output` (500) and what the handler throws. */
  async run(name: string, input: unknown, run: Run): Promise<unknown> {
    const found = this.check(name, input)
    const calls = new TaskCalls({
      ...this.#options,
      taskId: run.taskId,
      tools: this.#definition.tools ?? {},
      ceiling: this.ceiling,
      perCallPicoUsd: parseUnits(this.#definition.budget?.maxPerCallDollars ?? '0', picoUsdDecimals),
      signal: run.signal,
    })
    const answer = await found.service.run(input as never, {
      ...run,
      call: (tool, wanted, limits) => calls.call(tool, wanted, limits),
      hire: (agent, work, limits) => calls.hire(agent, work, limits),
    })
    const odd = found.output(answer)
    if (odd !== undefined) throw refusal('agents/bad-output', `The agent's own answer does not fit: ${odd}`, 500)
    return answer
  }
}

type Check = (value: unknown) => string | undefined

function refusal(code: string, message: string, status: number): KoinonError {
  return new KoinonError({ code, message, details: { status } })
}
