/** What the validators said of a job: the evaluator's own logs, and who signed (specs/0024-jobs.md section 4). */
import type { JobRecord } from '@koinon/agents/client'
import { disputeBond } from '@koinon/agents/rules'
import { type JobJudgement, quorumEvaluatorOf } from '@koinon/agents/verifier'
import { type Address, type Hex, toAddress, zeroAddress } from '@koinon/base'
import { LogPager, listSubnets } from '@koinon/ledger'
import { permitsAbi, quorumEvaluatorAbi } from '@koinon/ledger/abis'
import type { JobEvaluatorJson, JobStepJson, JudgementJson, VoteJson } from '@koinon/work/dashboard'
import { decodeFunctionData, type GetLogsReturnType } from 'viem'
import type { Allowance } from '../allowance.ts'
import type { JobViewSources } from './jobs-json.ts'

/** Who judges a job. */
export async function evaluatorOf(
  { view }: JobViewSources,
  { evaluator, client }: JobRecord,
  judgement: JobJudgement | undefined,
): Promise<JobEvaluatorJson> {
  const { reader } = view
  if (judgement !== undefined) {
    const on = { address: evaluator, abi: quorumEvaluatorAbi, functionName: 'netuid' } as const
    return { kind: 'quorum', netuid: await reader.readContract(on) }
  }
  if (evaluator === client) return { kind: 'client' }
  const code = await reader.getCode({ address: evaluator })
  const netuid = code === undefined ? await foreseenQuorum(view, evaluator) : undefined
  if (netuid !== undefined) return { kind: 'quorum', netuid }
  // EIP-7702: the account of a key that delegates to code is still an account.
  return { kind: code === undefined || code.startsWith('0xef0100') ? 'account' : 'contract' }
}

/** The subnet whose evaluator will stand there: a job may name it before anybody puts it in place. */
async function foreseenQuorum(view: JobViewSources['view'], evaluator: Address): Promise<number | undefined> {
  if (view.network.contracts.jobEvaluators === undefined) return undefined
  const netuids = await listSubnets(view)
  const places = await Promise.all(netuids.map((netuid) => quorumEvaluatorOf(view, netuid)))
  return netuids[places.indexOf(evaluator)]
}

/** A step with where it stands in the ledger. */
export type PlacedStep = { readonly block: number; readonly place: number; readonly step: JobStepJson }

/** Pages of logs and votes that may still be read for one answer. */
export type JudgingAllowance = { readonly pages: Allowance; readonly votes: Allowance }

/**
 * Verdicts, disputes and bonds, from the evaluator's own logs since the block in which the work was handed in. What is more than allowed is left
 * out: the newest steps, and votes.
 */
export async function readJudging(
  { view }: JobViewSources,
  job: JobRecord,
  submittedBlock: number,
  allowed: JudgingAllowance,
): Promise<readonly PlacedStep[]> {
  const { evaluator, jobId } = job
  const { reader } = view
  const pager = new LogPager()
  const placed: PlacedStep[] = []
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  for (let next = BigInt(submittedBlock); next <= head && allowed.pages.takeAll(1); ) {
    const page = await pager.next({ fromBlock: next, toBlock: head }, (span) =>
      reader.getLogs({ address: evaluator, events: judgingEvents, strict: true, ...span }),
    )
    for (const log of page.logs) {
      if (log.args.jobId !== jobId) continue
      const { timestamp } = await reader.getBlock({ blockNumber: log.blockNumber })
      placed.push({
        block: Number(log.blockNumber),
        place: -1,
        step: await judgingStep(view, job, log, Number(timestamp) * 1_000, allowed.votes),
      })
    }
    next = page.toBlock + 1n
  }
  return placed
}

type JudgingName = 'VerdictRecorded' | 'Disputed' | 'BondPaid'
type JudgingEvent = Extract<(typeof quorumEvaluatorAbi)[number], { type: 'event'; name: JudgingName }>
const judgingEvents = quorumEvaluatorAbi.filter(
  (item) =>
    item.type === 'event' && (item.name === 'VerdictRecorded' || item.name === 'Disputed' || item.name === 'BondPaid'),
) as JudgingEvent[]
type JudgingLog = GetLogsReturnType<JudgingEvent, JudgingEvent[], true>[number]

async function judgingStep(
  view: JobViewSources['view'],
  job: JobRecord,
  log: JudgingLog,
  atMs: number,
  allowed: Allowance,
): Promise<JobStepJson> {
  const { transactionHash } = log
  if (log.eventName === 'Disputed') {
    const { disputer, bond } = log.args
    return { name: 'disputed', atMs, transactionHash, account: disputer.toLowerCase(), amountAtomic: `${bond}` }
  }
  if (log.eventName === 'BondPaid') {
    const { to, amount } = log.args
    return { name: 'bondPaid', atMs, transactionHash, account: to.toLowerCase(), amountAtomic: `${amount}` }
  }
  const { accepted, round, signedStake, totalStake } = log.args
  const votes = await readVotes(view, job, transactionHash, round, allowed)
  const verdict = {
    isAccepted: accepted,
    round,
    signedStakeAtomic: `${signedStake}`,
    totalStakeAtomic: `${totalStake}`,
    ...(votes === undefined ? {} : { votes }),
  }
  return { name: 'verdict', atMs, transactionHash, verdict }
}

/** Who signed, from the transaction that brought the verdict; undefined where it called something else first. */
async function readVotes(
  { network, reader }: JobViewSources['view'],
  { evaluator, jobId, submittedAtSeconds }: JobRecord,
  hash: Hex,
  round: number,
  allowed: Allowance,
): Promise<readonly VoteJson[] | undefined> {
  const { to, input } = await reader.getTransaction({ hash })
  if (to?.toLowerCase() !== evaluator) return undefined
  const signers = signersIn(input, jobId, round)
  if (signers === undefined || !allowed.takeAll(signers.length)) return undefined
  const on = { address: evaluator, abi: quorumEvaluatorAbi } as const
  const [netuid, judgement] = await Promise.all([
    reader.readContract({ ...on, functionName: 'netuid' }),
    reader.readContract({ ...on, functionName: 'judgementOf', args: [jobId] }),
  ])
  const atSeconds = BigInt(round === 0 ? submittedAtSeconds - 1 : judgement.disputedAt)
  const permits = { address: network.contracts.permits, abi: permitsAbi, functionName: 'permittedStakeAt' } as const
  return Promise.all(
    signers.map(async (signer) => ({
      validator: toAddress(signer),
      stakeAtomic: `${await reader.readContract({ ...permits, args: [netuid, signer, atSeconds] })}`,
    })),
  )
}

function signersIn(input: Hex, jobId: bigint, round: number): readonly Address[] | undefined {
  try {
    const { functionName, args } = decodeFunctionData({ abi: quorumEvaluatorAbi, data: input })
    if (functionName !== 'decide' || args[0].jobId !== jobId || args[0].round !== round) return undefined
    return args[1]
  } catch {
    return undefined
  }
}

export function judgementJson(judgement: JobJudgement, { budgetAtomic }: JobRecord): JudgementJson {
  const { accepted, isSettled, finalAtSeconds, disputedAtSeconds, disputer, bondAtomic } = judgement
  return {
    ...{ isAccepted: accepted, isSettled },
    ...{ bondAtomic: `${bondAtomic}`, disputeBondAtomic: `${disputeBond(budgetAtomic)}` },
    ...{ finalAtMs: finalAtSeconds * 1_000, disputedAtMs: disputedAtSeconds * 1_000 },
    ...(disputer === zeroAddress ? {} : { disputer }),
  }
}
