import { type Clock, KoinonError, sha256Hex } from '@koinon/base'
import { askGateway } from '@koinon/inference/client'
import { splitEventStream } from '@koinon/inference/rules'
import type { InferenceTask } from '@koinon/subnet-files/inference'
import type { Prober } from '@koinon/subnets'
import { receiptType } from '@koinon/work'

/** Asks one miner through the gateway like any paying user, so that it cannot tell a probe from work. */
export function createProber(options: {
  readonly gatewayUrl: string
  readonly apiKey: string
  readonly clock: Clock
}): Prober<InferenceTask> {
  const { gatewayUrl, apiKey, clock } = options
  return async (task, peer, signal) => {
    const answer = await askGateway({ baseUrl: `${gatewayUrl}/v1`, apiKey, body: task, provider: peer.hotkey, signal })
    const worker = answer.bundle?.hops.at(-1)
    if (worker === undefined || worker.receipt.payee !== peer.hotkey) {
      throw new KoinonError({
        code: 'validator/no-receipt',
        message: 'The answer to a probe carried no receipt of the miner that was asked',
      })
    }
    const { hashedLength } = splitEventStream(answer.response)
    return {
      requestId: worker.receipt.requestId,
      receiptHash: receiptType.hash(worker.receipt),
      endedAtMs: worker.receipt.endedAtMs,
      ownCopy: {
        requestHash: sha256Hex(answer.request),
        responseHash: sha256Hex(answer.response.subarray(0, hashedLength)),
        firstByteMs: Math.round(answer.firstByteMs),
        totalMs: Math.round(answer.totalMs),
        receivedAtMs: clock.nowMs(),
      },
    }
  }
}
