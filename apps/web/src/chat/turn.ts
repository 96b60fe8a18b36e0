import type { ErrorJson, Hex } from '@koinon/base'

/** Where one question stands. `stopped` is the person's own doing, `broken` the network's. */
export type TurnState = 'asking' | 'streaming' | 'done' | 'stopped' | 'broken' | 'failed'

/** One question and its answer. Times by this browser's clock. */
export type Turn = {
  readonly key: string
  readonly question: string
  readonly model: string
  readonly askedAtMs: number
  readonly state: TurnState
  readonly answer: string
  readonly unsure: boolean
  readonly finishReason?: string
  readonly firstByteMs?: number
  readonly totalMs?: number
  readonly promptTokens?: number
  readonly outputTokens?: number
  readonly receiptId?: string
  readonly error?: ErrorJson
  /** What the receipt has to agree with, as soon as the answer is over. */
  readonly receipt?: TurnReceipt
}

/** The bundle as it came, and what this browser knows of the bytes. */
export type TurnReceipt = {
  readonly bundle: unknown
  readonly requestHash: Hex
  readonly responseHash?: Hex
}

/** True while the network is still at it. */
export function isRunning(turn: Turn | undefined): boolean {
  return turn?.state === 'asking' || turn?.state === 'streaming'
}

/** Small models have small contexts, and every earlier word is paid again. */
const rememberedTurns = 6

/** The messages of a request: the last answered turns, then the question. Failed turns are left out. */
export function messagesOf(turns: readonly Turn[], question: string): readonly { role: string; content: string }[] {
  const before = turns
    .filter((turn) => turn.answer !== '')
    .slice(-rememberedTurns)
    .flatMap((turn) => [
      { role: 'user', content: turn.question },
      { role: 'assistant', content: turn.answer },
    ])
  return [...before, { role: 'user', content: question }]
}
