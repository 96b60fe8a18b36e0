// A process that judges one receipt and ends: the replay's engine is native code and shall not live in the supervisor.
import { errorToJson } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { InferenceEngine } from '@koinon/inference/provider/engine'
import { parseAnswerEvidence, verifyAnswer } from '@koinon/inference/verifier'
import { type Check, parseBundle } from '@koinon/work'
import type { VerdictReply, VerdictTask } from './verdict-messages.ts'

process.once('message', (task: VerdictTask) => {
  judge(task).then(
    (checks) => answer({ checks }),
    (error: unknown) => answer({ error: errorToJson(error) }),
  )
})

async function judge({ bundle, evidence, chainId, level, modelPath }: VerdictTask): Promise<readonly Check[]> {
  const receipt = {
    bundle: parseBundle(bundle),
    evidence: evidence === undefined || evidence === null ? undefined : parseAnswerEvidence(evidence),
    chainId,
    verifySession: verifySessionNative,
  }
  if (level === 'L0' || receipt.evidence === undefined) return verifyAnswer(receipt, level)
  const engine = new InferenceEngine({ modelPath, maxParallelSequences: 1 })
  await engine.start()
  try {
    return await verifyAnswer({ ...receipt, engine }, level)
  } finally {
    await engine.stop()
  }
}

function answer(reply: VerdictReply): void {
  process.send?.(reply, undefined, undefined, () => process.exit(0))
}
