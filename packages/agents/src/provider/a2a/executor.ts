import { type Artifact, type Message, type Part, Role, type Task, TaskState } from '@a2a-js/sdk'
import { AgentEvent, type AgentExecutor, type ExecutionEventBus, type RequestContext } from '@a2a-js/sdk/server'
import { KoinonError } from '@koinon/base'
import { callerNetwork, type DurableTaskStore } from './task-store.ts'

/** What a caller sent, and who. All of it is theirs: data, never instructions. */
export type A2aJob = {
  readonly taskId: string
  readonly contextId: string
  /** Text parts, joined by line ends. */
  readonly text: string
  readonly data: readonly unknown[]
  /** The message's and the task's metadata; the message's wins. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** What the message that began the task asked for; of a new task the same message. */
  readonly opening: { readonly text: string; readonly data: readonly unknown[] }
  /** Metadata of what the agent said last about the task. */
  readonly statusMetadata: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** True after a crash: the first run may have done some or all of the work. */
  readonly isSecondRun: boolean
  /** True when the task waited for this message. */
  readonly isFollowUp: boolean
  readonly signal: AbortSignal
}

export type A2aOutcome = {
  /** `working`: left open; a later message about the task goes on with it. */
  readonly state: 'completed' | 'working' | 'input-required' | 'rejected' | 'failed'
  readonly text?: string
  readonly data?: unknown
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Does the work of one message. `say` tells listeners how far it is. What it throws fails the task; only sentences of ours are told. */
export type A2aWork = (job: A2aJob, say: (text: string) => void) => Promise<A2aOutcome>

const states = {
  completed: TaskState.TASK_STATE_COMPLETED,
  working: TaskState.TASK_STATE_WORKING,
  'input-required': TaskState.TASK_STATE_INPUT_REQUIRED,
  rejected: TaskState.TASK_STATE_REJECTED,
  failed: TaskState.TASK_STATE_FAILED,
} as const

/** Callers of this machine, who may be a proxy's, have all of the room. */
export const localNetwork = 'here'
/** Messages of one task; each makes its row longer. */
const mostMessages = 64

/**
 * Runs the work of messages as tasks: at most `maximumRunning` at once, a quarter of them for one network; each run counted on disk before
 * it begins, nothing said after a cancel.
 */
export class WorkExecutor implements AgentExecutor {
  readonly #work: A2aWork
  readonly #store: DurableTaskStore
  readonly #nowMs: () => number
  readonly #maximumRunning: number
  readonly #running = new Map<string, Running>()

  constructor(options: {
    readonly work: A2aWork
    readonly store: DurableTaskStore
    readonly nowMs: () => number
    readonly maximumRunning?: number
  }) {
    this.#work = options.work
    this.#store = options.store
    this.#nowMs = options.nowMs
    this.#maximumRunning = options.maximumRunning ?? 64
  }

  isRunning(taskId: string): boolean {
    return this.#running.has(taskId)
  }

  readonly execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const { taskId, contextId, task, userMessage } = context
    bus.publish(AgentEvent.task(task ?? newTask(taskId, contextId, userMessage, this.#time())))
    if ((task?.history.length ?? 0) > mostMessages)
      return this.#end(bus, context, { state: 'failed', text: 'A task has at most 64 messages' })
    if (!this.#hasRoom(networkOfCall(context)))
      return this.#end(bus, context, { state: 'rejected', text: 'This agent has enough to do; ask later' })
    await this.#run(context, bus, false)
  }

  /** For a task that a crash broke off. */
  runAgain(context: RequestContext, bus: ExecutionEventBus): Promise<void> {
    return this.#run(context, bus, true)
  }

  async #run(context: RequestContext, bus: ExecutionEventBus, isSecondRun: boolean): Promise<void> {
    const { taskId, contextId } = context
    const abort = new AbortController()
    this.#running.set(taskId, { abort, contextId, network: networkOfCall(context) })
    try {
      await this.#store.beginRun(taskId, isSecondRun)
      this.#say(bus, context, TaskState.TASK_STATE_WORKING)
      const job = jobOf(context, isSecondRun, abort.signal)
      const outcome = await this.#work(job, (text) => {
        if (!abort.signal.aborted) this.#say(bus, context, TaskState.TASK_STATE_WORKING, text)
      }).catch((error: unknown): A2aOutcome => ({ state: 'failed', text: sentenceOf(error) }))
      if (!abort.signal.aborted) this.#end(bus, context, outcome)
      await this.#store.endRun(taskId)
    } finally {
      this.#running.delete(taskId)
    }
  }

  readonly cancelTask = async (taskId: string, bus: ExecutionEventBus): Promise<void> => {
    const running = this.#running.get(taskId)
    running?.abort.abort()
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId: running?.contextId ?? '',
        status: { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: this.#time() },
        metadata: {},
      }),
    )
    bus.finished()
  }

  #hasRoom(network: string): boolean {
    if (this.#running.size >= this.#maximumRunning) return false
    if (network === localNetwork) return true
    const own = [...this.#running.values()].filter((running) => running.network === network)
    return own.length < Math.ceil(this.#maximumRunning / 4)
  }

  #end(bus: ExecutionEventBus, context: RequestContext, outcome: A2aOutcome): void {
    const { taskId, contextId } = context
    const parts = partsOf(outcome)
    if (outcome.state === 'completed' && parts.length > 0) {
      const artifact: Artifact = {
        artifactId: `${taskId}-answer`,
        name: 'answer',
        description: '',
        parts: [...parts],
        metadata: {},
        extensions: [],
      }
      bus.publish(
        AgentEvent.artifactUpdate({ taskId, contextId, artifact, append: false, lastChunk: true, metadata: {} }),
      )
    }
    this.#say(
      bus,
      context,
      states[outcome.state],
      outcome.state === 'completed' ? undefined : outcome.text,
      outcome.metadata,
    )
    if (outcome.state !== 'input-required') bus.finished()
  }

  #say(
    bus: ExecutionEventBus,
    context: RequestContext,
    state: TaskState,
    text?: string,
    metadata?: Readonly<Record<string, unknown>>,
  ): void {
    const { taskId, contextId } = context
    const isWorded = text !== undefined || metadata !== undefined
    const message = isWorded ? agentMessage(context, text ?? '', metadata ?? {}) : undefined
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId,
        status: { state, message, timestamp: this.#time() },
        metadata: { ...metadata },
      }),
    )
  }

  #time(): string {
    return new Date(this.#nowMs()).toISOString()
  }
}

type Running = { readonly abort: AbortController; readonly contextId: string; readonly network: string }

function networkOfCall({ context }: RequestContext): string {
  return String(context.state.get(callerNetwork) ?? localNetwork)
}

function jobOf(context: RequestContext, isSecondRun: boolean, signal: AbortSignal): A2aJob {
  const { taskId, contextId, task, userMessage, request } = context
  return {
    taskId,
    contextId,
    ...contentOf(userMessage),
    metadata: { ...task?.metadata, ...request.metadata, ...userMessage.metadata },
    opening: contentOf(task?.history.find(({ role }) => role === Role.ROLE_USER) ?? userMessage),
    statusMetadata: task?.status?.message?.metadata ?? {},
    headers: (context.context.state.get('headers') ?? {}) as A2aJob['headers'],
    isSecondRun,
    isFollowUp: task?.status?.state === TaskState.TASK_STATE_INPUT_REQUIRED,
    signal,
  }
}

function contentOf({ parts }: Message): A2aJob['opening'] {
  const contents = parts.map(({ content }) => content)
  return {
    text: contents.flatMap((part) => (part?.$case === 'text' ? [part.value] : [])).join('\n'),
    data: contents.flatMap((part) => (part?.$case === 'data' ? [part.value as unknown] : [])),
  }
}

function newTask(id: string, contextId: string, message: Message, timestamp: string): Task {
  return {
    id,
    contextId,
    status: { state: TaskState.TASK_STATE_SUBMITTED, message: undefined, timestamp },
    artifacts: [],
    history: [message],
    metadata: {},
  }
}

function agentMessage(
  { taskId, contextId }: RequestContext,
  text: string,
  metadata: Readonly<Record<string, unknown>>,
): Message {
  return {
    messageId: crypto.randomUUID(),
    taskId,
    contextId,
    role: Role.ROLE_AGENT,
    parts: [textPart(text)],
    metadata: { ...metadata },
    extensions: [],
    referenceTaskIds: [],
  }
}

function partsOf({ text, data }: A2aOutcome): readonly Part[] {
  const json: Part = {
    content: { $case: 'data', value: data },
    metadata: {},
    filename: '',
    mediaType: 'application/json',
  }
  return [...(text === undefined ? [] : [textPart(text)]), ...(data === undefined ? [] : [json])]
}

function textPart(value: string): Part {
  return { content: { $case: 'text', value }, metadata: {}, filename: '', mediaType: 'text/plain' }
}

function sentenceOf(error: unknown): string {
  return error instanceof KoinonError ? error.message : 'The agent failed while it worked on this'
}
