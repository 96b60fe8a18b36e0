import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { sendError, sendJson } from '@koinon/base/node'
import { type RequestGate, refusalStatus } from '@koinon/work/node'
import type { SubnetLedger } from '../client/index.ts'
import { epochWindow } from '../rules/index.ts'
import type { TaskAnswerStore } from './task-answer-store.ts'

export type TaskEvidenceHandlerOptions = {
  readonly netuid: number
  readonly store: TaskAnswerStore
  readonly ledger: Pick<SubnetLedger, 'clock' | 'nowSeconds'>
  readonly gate: RequestGate
  /** Whether this account may read answers: validators with a permit. */
  readonly mayRead: (account: Address) => Promise<boolean>
}

/**
 * Answers `GET /v1/evidence/{requestId}` with `{text}`; false when the request is for something else. No answer is shown before the
 * phase in which answers are committed is over: whoever saw it could commit to it too.
 */
export function createTaskEvidenceHandler(
  options: TaskEvidenceHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const { netuid, store, ledger, gate, mayRead } = options
  return async (request, response) => {
    const match = /^\/v1\/evidence\/(0x[0-9a-f]{32})$/.exec(request.url ?? '')
    if (match === null || request.method !== 'GET') return false
    try {
      await gate.identifyPermitted(request, mayRead)
      const found = await store.find(netuid, match[1] as Hex)
      if (found === undefined) throw refused('subnets/no-answer', 'This miner has no such answer')
      const { workCommitEndsAtSeconds } = epochWindow(await ledger.clock(netuid), found.epoch)
      if ((await ledger.nowSeconds()) < workCommitEndsAtSeconds) {
        throw refused('subnets/answer-too-early', 'Answers are shown when no others can be committed any more')
      }
      sendJson(response, 200, { text: found.text })
    } catch (error) {
      const code = error instanceof KoinonError ? error.code : ''
      sendError(response, error, code.startsWith('subnets/') ? 404 : (refusalStatus(error) ?? 500))
    }
    return true
  }
}

function refused(code: string, message: string): KoinonError {
  return new KoinonError({ code, message })
}
