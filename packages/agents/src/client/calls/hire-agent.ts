import { setTimeout as delay } from 'node:timers/promises'
import { KoinonError } from '@koinon/base'
import { answerText } from './answer-text.ts'

export type Hire = {
  /** Where the agent answers JSON-RPC of A2A 1.0. */
  readonly url: string
  /** Names the message. */
  readonly messageId: string
  readonly data: unknown
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

type TaskJson = {
  readonly id?: string
  readonly status?: { readonly state?: string; readonly message?: { readonly parts?: readonly PartJson[] } }
  readonly artifacts?: readonly { readonly parts?: readonly PartJson[] }[]
}
type PartJson = { readonly text?: string; readonly data?: unknown }

const pollMs = 500
const open = ['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING']

/** Gives an agent one task and waits for its end or the signal. Throws `agents/hire-failed` with the agent's word, quoted. */
export async function hireAgent(hire: Hire): Promise<unknown> {
  const message = { messageId: hire.messageId, role: 'ROLE_USER', parts: [{ data: hire.data }] }
  const sent = (await rpc(hire, 'SendMessage', { message, configuration: { returnImmediately: true } })) as {
    readonly task?: TaskJson
  }
  let task = sent.task
  while (task?.id !== undefined && open.includes(task.status?.state ?? '')) {
    await delay(pollMs, undefined, { signal: hire.signal })
    task = (await rpc(hire, 'GetTask', { id: task.id })) as TaskJson
  }
  if (task?.status?.state !== 'TASK_STATE_COMPLETED') throw failed(task)
  const parts = (task.artifacts ?? []).flatMap((artifact) => artifact.parts ?? [])
  const data = parts.find((part) => part.data !== undefined)
  return data === undefined ? parts.map(({ text = '' }) => text).join('\n') : data.data
}

async function rpc({ url, fetch, signal }: Hire, method: string, params: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
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
      message: `The agent refused: ${JSON.stringify(String(json.error?.message ?? 'no reason').slice(0, 200))}`,
    })
  return json.result
}

function failed(task: TaskJson | undefined): KoinonError {
  const said = task?.status?.message?.parts?.map(({ text = '' }) => text).join(' ') ?? ''
  return new KoinonError({
    code: 'agents/hire-failed',
    message: `The task ended as ${String(task?.status?.state ?? 'nothing').slice(0, 40)}: ${JSON.stringify(said.slice(0, 200))}`,
  })
}
