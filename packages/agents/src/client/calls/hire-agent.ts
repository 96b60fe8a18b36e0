import { setTimeout as delay } from 'node:timers/promises'
import { KoinonError } from '@koinon/base'
import { a2aPaymentExtension } from '@koinon/payments/messages'
import { visibleText } from '../../rules/untrusted.ts'
import { answerText } from './answer-text.ts'
import { freeMessages, type PayMessage } from './paid-call.ts'

export type Hire = {
  /** Where the agent answers JSON-RPC of A2A 1.0. */
  readonly url: string
  /** Names the message, and the payment where the agent asks for one. 16 to 128 characters `[A-Za-z0-9_-]`. */
  readonly messageId: string
  readonly data: unknown
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
  /** The most that the task may cost, pico-dollars; nothing unless given. */
  readonly maximumPicoUsd?: bigint
  /** Pays when the task asks; without it such a task fails. */
  readonly payMessage?: PayMessage
}

type TaskJson = {
  readonly id?: string
  readonly contextId?: string
  readonly status?: {
    readonly state?: string
    readonly message?: { readonly parts?: readonly PartJson[]; readonly metadata?: unknown }
  }
  readonly artifacts?: readonly { readonly parts?: readonly PartJson[] }[]
}
type PartJson = { readonly text?: string; readonly data?: unknown }
type Fields = Readonly<Record<string, unknown>>

const pollMs = { first: 50, most: 1_000 }
const open = ['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING']
const waiting = 'TASK_STATE_INPUT_REQUIRED'

/**
 * Gives an agent one task, pays for it when it asks, at most the maximum, and waits for its end or the signal. Throws `agents/hire-failed`
 * with the agent's word, quoted, and what paying throws.
 */
export async function hireAgent(hire: Hire): Promise<{ readonly answer: unknown; readonly paidPicoUsd: bigint }> {
  const { url, messageId, data, signal, maximumPicoUsd = 0n, payMessage = freeMessages } = hire
  let task: TaskJson | undefined
  const send = async (fields: Fields): Promise<TaskJson> => {
    task = await followed(hire, task === undefined ? await begun(hire, fields) : await paid(hire, task, fields))
    return task
  }
  const { answer, paidPicoUsd } = await payMessage({
    kind: 'task',
    origin: new URL(url).origin,
    resourceUrl: url,
    request: data,
    ...priceKeyOf(data),
    maximumPicoUsd,
    paymentId: messageId,
    signal,
    send,
  })
  if (answer.status?.state !== 'TASK_STATE_COMPLETED') throw failed(answer)
  const parts = (answer.artifacts ?? []).flatMap((artifact) => artifact.parts ?? [])
  const part = parts.find((one) => one.data !== undefined)
  return { answer: part === undefined ? parts.map(({ text = '' }) => text).join('\n') : part.data, paidPicoUsd }
}

/** Services of one agent have prices of their own. */
function priceKeyOf(data: unknown): { readonly priceKey?: string } {
  const service = (data as { readonly service?: unknown } | undefined)?.service
  return typeof service === 'string' ? { priceKey: service } : {}
}

async function begun(hire: Hire, fields: Fields): Promise<TaskJson> {
  const { messageId, data } = hire
  const message = { messageId, role: 'ROLE_USER', parts: [{ data }], metadata: fields }
  return sentTask(await rpc(hire, 'SendMessage', { message, configuration: { returnImmediately: true } }))
}

/** The payment, to the task that waits for it. A task that took it before, or is over, says so by its state. */
async function paid(hire: Hire, { id, contextId }: TaskJson, fields: Fields): Promise<TaskJson> {
  const message = {
    messageId: crypto.randomUUID(),
    taskId: id,
    contextId,
    role: 'ROLE_USER',
    parts: [{ text: 'The payment' }],
    metadata: fields,
  }
  try {
    // Waited for: the first word on a task that waits is the demand that was there before.
    return sentTask(await rpc(hire, 'SendMessage', { message }))
  } catch (error) {
    const task = (await rpc(hire, 'GetTask', { id })) as TaskJson
    if (task.status?.state === waiting) throw error
    return task
  }
}

async function followed(hire: Hire, sent: TaskJson): Promise<TaskJson> {
  let task = sent
  for (let pauseMs = pollMs.first; task.id !== undefined && open.includes(task.status?.state ?? ''); ) {
    await delay(pauseMs, undefined, { signal: hire.signal })
    pauseMs = Math.min(pollMs.most, pauseMs * 2)
    task = (await rpc(hire, 'GetTask', { id: task.id })) as TaskJson
  }
  return task
}

function sentTask(result: unknown): TaskJson {
  return (result as { readonly task?: TaskJson }).task ?? {}
}

async function rpc({ url, fetch, signal }: Hire, method: string, params: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', 'a2a-extensions': a2aPaymentExtension },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    redirect: 'error',
    signal,
  })
  const json = JSON.parse(await answerText(response)) as {
    readonly result?: unknown
    readonly error?: { readonly message?: string }
  }
  if (json.error !== undefined || json.result === undefined)
    throw new KoinonError({
      code: 'agents/hire-failed',
      message: `The agent refused: ${quoted(String(json.error?.message ?? 'no reason'))}`,
    })
  return json.result
}

function failed(task: TaskJson | undefined): KoinonError {
  const said = task?.status?.message?.parts?.map(({ text = '' }) => text).join(' ') ?? ''
  return new KoinonError({
    code: 'agents/hire-failed',
    message: `The task ended as ${quoted(String(task?.status?.state ?? 'nothing').slice(0, 40))}: ${quoted(said)}`,
  })
}

/** Another's words as one JSON text. */
function quoted(text: string): string {
  return JSON.stringify(visibleText(text.slice(0, 200)))
}
