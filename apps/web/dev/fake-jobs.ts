/** Jobs of the fake network: one in each state, one judged by a quorum and disputed, one whose time is over. */
import { KoinonError } from '@koinon/base'
import type {
  JobBidsJson,
  JobDetailJson,
  JobRowJson,
  JobStepJson,
  JobStepName,
  JobsJson,
  JobTreeJson,
} from '@koinon/work/dashboard'
import type { FakeState } from './fake-state.ts'

const minuteMs = 60_000
const hex = (byte: string, bytes: number): string => `0x${byte.repeat(bytes)}`
const provider = hex('5a', 20)
const longTitle = `Review the bundle of ${'averyveryverylongrepositoryname'.repeat(4)} and say what would break <script>alert(1)</script>`

function rowsOf({ account, startedAtMs }: FakeState): readonly JobRowJson[] {
  const ends = { endsAtMs: startedAtMs + 600 * minuteMs, client: account, evaluator: account, isOverdue: false }
  return [
    { ...ends, jobId: '7', title: 'Sum up what 400 readers wrote', state: 'open', budgetAtomic: '0' },
    { ...ends, jobId: '6', title: longTitle, state: 'submitted', budgetAtomic: '5000000', provider },
    {
      ...{ ...ends, jobId: '5', title: 'Translate the decree of Themistocles', state: 'submitted' },
      ...{ budgetAtomic: '12500000', provider, evaluator: hex('9e', 20) },
    },
    {
      ...{ ...ends, jobId: '4', title: 'Forecast the olive harvest', state: 'funded', budgetAtomic: '3000000' },
      ...{ provider, isOverdue: true, endsAtMs: startedAtMs - 5 * minuteMs, evaluator: hex('e7', 20) },
    },
    { ...ends, jobId: '3', title: 'Paint the fence', state: 'completed', budgetAtomic: '9000000', provider },
    { ...ends, jobId: '2', title: 'Mow the lawn', state: 'rejected', budgetAtomic: '4000000', provider },
    {
      ...{ ...ends, jobId: '1', title: 'In another coin', state: 'expired', budgetAtomic: '77', provider },
      token: hex('d7', 20),
    },
  ]
}

const accepted = new Set<string>()

/** `/api/jobs`. */
export function fakeJobs(state: FakeState): JobsJson {
  const jobs = rowsOf(state).map((job) => (accepted.has(job.jobId) ? { ...job, state: 'completed' as const } : job))
  return {
    ...{ asOfBlock: state.block(), asOfMs: state.nowMs(), total: jobs.length, jobs },
    totals: {
      ...{ inEscrowAtomic: '20500000', paidAtomic: '9000000', refundedAtomic: '4000000', otherTokens: 1 },
      byState: { open: 1, funded: 1, submitted: 2, completed: 1, rejected: 1, expired: 0 },
    },
  }
}

/** `/api/jobs/{id}` and its steps; undefined for a path that is not there. */
export function fakeJob(state: FakeState, method: string, path: string): unknown {
  const [, , , jobId = '', step] = path.split('/')
  const job = fakeJobs(state).jobs.find((one) => one.jobId === jobId)
  if (job === undefined) throw new KoinonError({ code: 'agents/no-job', message: `There is no job ${jobId}` })
  if (step === 'tree') return fakeTree(state, jobId)
  if (step === 'bids') return fakeBids(state, job)
  if (step !== undefined) {
    if (method !== 'POST') return undefined
    accepted.add(jobId)
    return { jobId, state: 'completed' }
  }
  return detailOf(state, job)
}

function detailOf(state: FakeState, job: JobRowJson): JobDetailJson {
  const { startedAtMs } = state
  const { client, evaluator, budgetAtomic } = job
  let minutes = -90
  const at = (name: JobStepName, more: Partial<JobStepJson> = {}): JobStepJson => {
    minutes += 7
    return {
      name,
      atMs: startedAtMs + minutes * minuteMs,
      transactionHash: hex(`${10 + (minutes % 80)}`.slice(-2), 32),
      ...more,
    }
  }
  const paidIn = [
    at('opened', { account: client }),
    at('quoteTaken', { account: provider }),
    at('funded', { account: client, amountAtomic: budgetAtomic }),
  ]
  const stake = { signedStakeAtomic: `${70n * 10n ** 18n}`, totalStakeAtomic: `${90n * 10n ** 18n}` }
  const votes = [hex('e1', 20), hex('e2', 20)].map((validator) => ({ validator, stakeAtomic: `${35n * 10n ** 18n}` }))
  const steps: Readonly<Record<JobRowJson['state'], readonly JobStepJson[]>> = {
    open: paidIn.slice(0, 1),
    funded: paidIn,
    submitted: [...paidIn, at('submitted', { account: provider })],
    completed: [
      ...[...paidIn, at('submitted', { account: provider }), at('completed', { account: evaluator })],
      at('paid', { account: provider, amountAtomic: budgetAtomic }),
    ],
    rejected: [
      ...paidIn,
      at('rejected', { account: evaluator }),
      at('refunded', { account: client, amountAtomic: budgetAtomic }),
    ],
    expired: [...paidIn, at('expired'), at('refunded', { account: client, amountAtomic: budgetAtomic })],
  }
  const isQuorum = job.jobId === '5'
  return {
    ...{ ...job, asOfBlock: state.block(), asOfMs: state.nowMs(), isCut: false, termsHash: hex('7e', 32) },
    description: `${job.title}\nBy Friday, please.`,
    ...(job.state === 'open' || job.state === 'funded' ? {} : { deliverable: hex('de', 32) }),
    judgedBy: isQuorum ? { kind: 'quorum', netuid: 1 } : { kind: job.evaluator === client ? 'client' : 'account' },
    ...(isQuorum
      ? {
          judgement: {
            ...{ isAccepted: true, isSettled: false, finalAtMs: startedAtMs + 60 * minuteMs, disputedAtMs: 0 },
            ...{ bondAtomic: '0', disputeBondAtomic: '1250000' },
          },
        }
      : {}),
    steps: isQuorum
      ? [
          ...steps.submitted,
          at('verdict', { verdict: { isAccepted: true, round: 0, ...stake, votes } }),
          at('disputed', { account: provider, amountAtomic: '500000' }),
        ]
      : steps[job.state],
  }
}

/** `/api/jobs/{id}/tree`: of job 5 the parent and two children; all others stand alone. */
function fakeTree(state: FakeState, jobId: string): JobTreeJson {
  const rows = rowsOf(state)
  const members: readonly (readonly [jobId: string, parentJobId?: string])[] =
    jobId === '5' ? [['6'], ['5', '6'], ['4', '5'], ['3', '5']] : [[jobId]]
  const jobs = members.flatMap(([id, parentJobId]) =>
    rows
      .filter((row) => row.jobId === id)
      .map((row) => {
        const isHeld = row.state === 'funded' || row.state === 'submitted'
        const money = { paidAtomic: row.state === 'completed' ? row.budgetAtomic : '0', refundedAtomic: '0' }
        const held = { ...money, heldAtomic: isHeld ? row.budgetAtomic : '0', verdicts: [] }
        const parent = parentJobId === undefined ? {} : { parentJobId, tree: '0123456789abcdef', task: '0.1' }
        return { ...row, ...held, ...parent, judgedBy: { kind: 'client' as const } }
      }),
  )
  return { asOfBlock: state.block(), asOfMs: state.nowMs(), jobId, isCut: false, jobs }
}

/** `/api/jobs/{id}/bids`: job 7 is auctioned, 5 was. */
function fakeBids(state: FakeState, { jobId }: JobRowJson): JobBidsJson {
  const asOfMs = state.nowMs()
  const bid = { deadlineMs: asOfMs + 10 * minuteMs, atMs: asOfMs - minuteMs, isTaken: false }
  if (jobId === '5')
    return { asOfMs, jobId, bids: [{ ...bid, provider, priceAtomic: '12500000', rank: 1, isTaken: true }] }
  if (jobId !== '7') return { asOfMs, jobId, bids: [] }
  return {
    ...{ asOfMs, jobId },
    auction: {
      ...{ kind: 'reverse', phase: 'bidding', ceilingAtomic: '9000000', bidsUntilMs: asOfMs + 5 * minuteMs },
      ...{ decrementAtomic: '100000', sealedBids: 0 },
    },
    bids: [
      { ...bid, provider, priceAtomic: '7400000', rank: 1 },
      { ...bid, provider: hex('7b', 20), priceAtomic: '8100000', rank: 2 },
      { ...bid, provider: hex('7c', 20), priceAtomic: '9900000' },
    ],
  }
}
