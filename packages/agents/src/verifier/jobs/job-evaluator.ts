/** Verdicts of quorums about jobs, by signatures (specs/0024-jobs.md section 4). A person's are steps of its client. */
import { type Address, type Hex, KoinonError, recoverAddress, signDigest, toAddress } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { quorumEvaluatorAbi, quorumEvaluatorsAbi } from '@koinon/ledger/abis'
import { findOut } from '../../client/jobs/find-out.ts'
import { type JobAccount, type JobRecord, type JobView, readJob } from '../../client/jobs/job-ledger.ts'
import { sendStep } from '../../client/jobs/refusal-words.ts'
import { type Verdict, verdictDigest } from '../../rules/job.ts'

/** Under a verdict that goes beside it. */
export type VerdictSignature = { readonly signer: Address; readonly signature: Hex }

/** What a quorum has said of a job so far. `finalAtSeconds` is zero without a verdict. */
export type JobJudgement = {
  readonly accepted: boolean
  readonly isSettled: boolean
  readonly finalAtSeconds: number
  readonly disputedAtSeconds: number
  readonly disputer: Address
  readonly bondAtomic: bigint
  readonly reason: Hex
}

/** A validator's signature, by the key of its hotkey. */
export function signVerdict(
  chainId: number,
  evaluator: Address,
  verdict: Verdict,
  secretKey: Uint8Array,
): VerdictSignature {
  const digest = verdictDigest(chainId, evaluator, verdict)
  const signature = signDigest(digest, secretKey)
  return { signer: recoverAddress(digest, signature), signature }
}

/**
 * Brings signed verdicts to the ledger; of one signer the first counts. Resolves with the judgement. Anyone may, and may again. Throws the
 * contract's refusal, such as too little stake.
 */
export async function submitVerdict(
  account: JobAccount,
  verdict: Verdict,
  signed: readonly VerdictSignature[],
): Promise<JobJudgement> {
  const { evaluator } = await readJob(account, verdict.jobId)
  const bySigner = new Map([...signed].reverse().map(({ signer, signature }) => [signer, signature]))
  const signers = [...bySigner.keys()].sort()
  const signatures = signers.map((signer) => bySigner.get(signer) as Hex)
  return findOut(
    `a verdict about job ${verdict.jobId}`,
    () =>
      sendStep(account, 'decide', verdict.jobId, () =>
        account.sender.call({
          address: evaluator,
          abi: quorumEvaluatorAbi,
          functionName: 'decide',
          args: [verdict, signers, signatures],
        }),
      ),
    async () => {
      const judgement = await readJudgement(account, evaluator, verdict.jobId)
      const isDone = verdict.round === 0 ? judgement.finalAtSeconds !== 0 : judgement.isSettled
      return isDone ? judgement : undefined
    },
  )
}

/** Does what a quorum's verdict says once it stands. Anyone may, and may again. */
export async function settleJob(account: JobAccount, jobId: bigint): Promise<JobRecord> {
  const { evaluator } = await readJob(account, jobId)
  return findOut(
    `settling job ${jobId}`,
    () =>
      sendStep(account, 'settle', jobId, () =>
        account.sender.call({ address: evaluator, abi: quorumEvaluatorAbi, functionName: 'settle', args: [jobId] }),
      ),
    async () => {
      const { isSettled } = await readJudgement(account, evaluator, jobId)
      return isSettled ? readJob(account, jobId) : undefined
    },
  )
}

export async function readJudgement({ reader }: JobView, evaluator: Address, jobId: bigint): Promise<JobJudgement> {
  const found = await reader.readContract({
    address: evaluator,
    abi: quorumEvaluatorAbi,
    functionName: 'judgementOf',
    args: [jobId],
  })
  return {
    accepted: found.accepted,
    isSettled: found.isSettled,
    finalAtSeconds: found.finalAt,
    disputedAtSeconds: found.disputedAt,
    disputer: found.disputer.toLowerCase() as Address,
    bondAtomic: found.bond,
    reason: found.reason,
  }
}

/** The judgement of a job whose evaluator is a quorum; undefined where it is a person or another contract. */
export async function quorumEvaluatorJudgement(
  view: JobView,
  { evaluator, jobId }: Pick<JobRecord, 'evaluator' | 'jobId'>,
): Promise<JobJudgement | undefined> {
  if ((await view.reader.getCode({ address: evaluator })) === undefined) return undefined
  const on = { address: evaluator, abi: quorumEvaluatorAbi, functionName: 'netuid' } as const
  const netuid = await view.reader.readContract(on).catch(() => undefined)
  if (netuid === undefined || (await quorumEvaluatorOf(view, netuid)) !== evaluator) return undefined
  return readJudgement(view, evaluator, jobId)
}

/** Where the evaluator of a subnet stands or will stand: a job may name it before. Throws `agents/no-jobs` where the network has none. */
export async function quorumEvaluatorOf({ network, reader }: JobView, netuid: number): Promise<Address> {
  const address = evaluatorsOf(network)
  const on = { address, abi: quorumEvaluatorsAbi, functionName: 'evaluatorOf', args: [netuid] } as const
  return toAddress(await reader.readContract(on))
}

/** The same, put in place by this account if nobody did yet. */
export async function openQuorumEvaluator(account: JobAccount, netuid: number): Promise<Address> {
  const { network, reader, sender } = account
  const found = await quorumEvaluatorOf(account, netuid)
  return findOut(
    `the evaluator of subnet ${netuid}`,
    () =>
      sender.call({
        address: evaluatorsOf(network),
        abi: quorumEvaluatorsAbi,
        functionName: 'create',
        args: [netuid],
      }),
    async () => ((await reader.getCode({ address: found })) === undefined ? undefined : found),
  )
}

function evaluatorsOf(network: NetworkFile): Address {
  const { jobEvaluators } = network.contracts
  if (jobEvaluators !== undefined) return jobEvaluators
  throw new KoinonError({
    code: 'agents/no-jobs',
    message: `The network ${network.name} has no evaluators of jobs`,
    hint: 'It was deployed by an older version; jobs need a network deployed by this one.',
  })
}
