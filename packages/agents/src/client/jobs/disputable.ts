/** Whether there is a verdict that can be disputed at all, before anybody is asked for a bond (specs/0024-jobs.md section 4). */
import { KoinonError } from '@koinon/base'
import { quorumEvaluatorAbi } from '@koinon/ledger/abis'
import type { JobRecord, JobView } from './job-ledger.ts'

/** Throws `agents/nothing-to-dispute` for a job that an account judges, or whose validators have not judged it yet. */
export async function requireVerdict({ reader }: JobView, { jobId, evaluator, client }: JobRecord): Promise<void> {
  const code = await reader.getCode({ address: evaluator })
  // An account with a key stays one when it delegates (EIP-7702).
  if (code === undefined || code === '0x' || code.startsWith('0xef0100')) {
    const who = evaluator === client ? 'its client' : `the account ${evaluator}`
    throw nothingToDispute(`Job ${jobId} is judged by ${who}, there is nothing to dispute`, jobId)
  }
  const on = { address: evaluator, abi: quorumEvaluatorAbi, functionName: 'judgementOf', args: [jobId] } as const
  const { finalAt } = await reader.readContract(on)
  if (finalAt === 0) throw nothingToDispute(`There is no verdict about job ${jobId} yet, so nothing to dispute`, jobId)
}

function nothingToDispute(message: string, jobId: bigint): KoinonError {
  return new KoinonError({
    code: 'agents/nothing-to-dispute',
    message,
    hint: `See who judges it and how far it is: koinon job show ${jobId}`,
  })
}
