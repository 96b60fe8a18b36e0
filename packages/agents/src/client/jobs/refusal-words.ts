/** What the contracts of jobs refuse, as sentences with a next step (specs/0024-jobs.md sections 1, 2 and 4). */
import { isKoinonError, KoinonError } from '@koinon/base'
import { type JobStatus, jobStatuses } from '../../rules/job.ts'
import { type JobRecord, type JobView, readJob } from './job-ledger.ts'

/** What was wanted of a job, by the contract's function. */
export type JobAction =
  | 'post'
  | 'hire'
  | 'award'
  | 'submit'
  | 'accept'
  | 'reject'
  | 'refund'
  | 'decide'
  | 'dispute'
  | 'settle'

type Facts = {
  readonly action: JobAction
  /** `job 7`, or `the job` before it has a number. */
  readonly name: string
  /** `7`, or `JOB` before it has a number, for commands. */
  readonly number: string
  readonly job: JobRecord | undefined
  readonly args: readonly string[]
}
type Words = readonly [message: string, hint: string]

const show = (number: string): string => `See how far it is: koinon job show ${number}`
const utc = (seconds: string | undefined): string =>
  /^\d{1,11}$/.test(seconds ?? '') ? `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z` : String(seconds)

/** What may be done with a job of a status, and by whom. */
const nextSteps: Readonly<Record<JobStatus, (number: string) => string>> = {
  open: (number) => `Its client takes an offer first: koinon job award ${number}`,
  funded: (number) => `Its provider hands the work in first: koinon job submit ${number} FILE`,
  submitted: (number) =>
    `The work waits for its evaluator: koinon job accept ${number} or koinon job reject ${number}; validators do it by themselves`,
  completed: (number) => `It is over, and its provider was paid. ${show(number)}`,
  rejected: (number) => `It is over, and what its client paid went back. ${show(number)}`,
  expired: (number) => `It is over, and what its client paid went back. ${show(number)}`,
}

const wanted: Readonly<Record<JobAction, string>> = {
  post: 'opened',
  hire: 'opened and paid for',
  award: 'awarded',
  submit: 'handed in',
  accept: 'accepted',
  reject: 'rejected',
  refund: 'refunded',
  decide: 'judged',
  dispute: 'disputed',
  settle: 'settled',
}

const startOver = 'Nothing was paid. Ask for new offers, and take one: koinon job award JOB'

/** By the name of the contracts' errors: every one that a user can meet. */
export const jobRefusalWords: Readonly<Record<string, (facts: Facts) => Words>> = {
  JobNotFound: ({ args }) => [`There is no job ${args[0]}`, 'See which there are: koinon job list'],
  WrongStatus({ action, name, number, args }) {
    const status = jobStatuses[Number(args[0])] ?? 'open'
    return [`${name} cannot be ${wanted[action]} now: it is ${status}`, nextSteps[status](number)]
  },
  NotClient: ({ action, name, number, job }) => [
    `Only its client can have ${name} ${wanted[action]}`,
    job === undefined ? show(number) : `That is ${job.client}: name its key with --account.`,
  ],
  NotProvider: ({ action, name, number, job }) => [
    `Only its provider can have ${name} ${wanted[action]}`,
    job === undefined ? show(number) : `That is ${job.provider}: name its key with --account.`,
  ],
  NotEvaluator: ({ action, name, number, job }) => [
    `Only its evaluator can have ${name} ${wanted[action]}`,
    job === undefined
      ? show(number)
      : `That is ${job.evaluator}: name its key with --account. Validators judge by themselves what a subnet's jobs hand in.`,
  ],
  NotParty: ({ name, number }) => [`Only its client and its provider set the price of ${name}`, show(number)],
  ZeroAddress: ({ args }) => [`The ${args[0] ?? 'account'} of a job cannot be the zero address`, 'Name an account.'],
  NotInFuture: ({ args }) => [
    `A job must end later than now, not at ${utc(args[0])}`,
    'Give it more time: koinon job post --hours N',
  ],
  JobIsOver: ({ action, name, number, args }) => [
    `${name} ended at ${utc(args[0])} and can no longer be ${wanted[action]}`,
    `What is in escrow goes back to its client: koinon job refund ${number}`,
  ],
  JobNotOver: ({ name, number, args, job }) => [
    `${name} runs until ${utc(args[0])}: its money goes back only after that`,
    job === undefined ? show(number) : nextSteps[job.status](number),
  ],
  DescriptionTooLong: ({ args }) => [
    `The description of a job may have 2048 bytes, not ${args[0]}`,
    'Say it shorter, or name a place where it can be read.',
  ],
  ProviderIsEvaluator: () => [
    'Who works cannot judge the same job',
    'Take the offer of somebody else: koinon job award JOB --provider ADDRESS',
  ],
  ProviderAlreadySet: ({ args, name }) => [
    `${name} has the provider ${args[0]} already`,
    'Take an offer of that provider, or open a job for another one: koinon job post',
  ],
  ProviderNotSet: ({ name, number }) => [
    `${name} has no provider yet`,
    `Take an offer, which names one: koinon job award ${number}`,
  ],
  ZeroBudget: ({ name, number }) => [
    `${name} has no price yet`,
    `Take an offer, which names one: koinon job award ${number}`,
  ],
  BudgetMismatch: ({ name, number, args }) => [
    `${name} costs ${args[0]} base units, not ${args[1]} as was agreed to`,
    `Nothing was paid. ${show(number)}`,
  ],
  TermsMismatch: ({ name }) => [`The offer is for other terms than those of ${name}`, startOver],
  QuoteExpired: ({ args }) => [`The offer held until ${utc(args[0])} and has lapsed`, startOver],
  QuoteSpent: ({ args, action }) =>
    action === 'award' || action === 'hire'
      ? [`The offer of ${args[0]} was taken or taken back already`, startOver]
      : ['This offer was taken or taken back already', 'See your jobs: koinon job list'],
  QuoteSignatureInvalid: ({ args }) => [`The offer is not signed by ${args[0]}`, startOver],
  TransferMismatch: ({ args }) => [
    `The token ${args[0]} moved another amount than ${args[1]} base units`,
    'Tokens that keep a fee cannot pay for jobs: use the network’s dollar.',
  ],
  HookFailed: ({ args, name, number }) => [
    `The hook ${args[0]} of ${name} refused the step`,
    `Its terms name that hook; after its end no hook is asked: koinon job refund ${number}`,
  ],
  HookGasShort: ({ name }) => [`The step of ${name} had too little gas for its hook`, 'Try again with more gas.'],
  NotEvaluatorOf: ({ name, number }) => [`Validators were not named as the evaluator of ${name}`, show(number)],
  NotSubmitted: ({ name, number, job }) => [
    `Validators can judge ${name} only between its delivery and its end`,
    job === undefined ? show(number) : nextSteps[job.status](number),
  ],
  DeliverableMismatch: ({ name, number }) => [`The verdict is about other work than ${name} got`, show(number)],
  WrongRound: ({ name, number }) => [`No such round of verdicts about ${name} is open now`, show(number)],
  TooLate: ({ name, number, args }) => [
    `A verdict about ${name} comes too late: dispute and second round would last until ${utc(args[0])}, after its end`,
    `After its end the money goes back: koinon job refund ${number}`,
  ],
  AlreadyJudged: ({ name, number }) => [`There is a verdict about ${name} already`, show(number)],
  NotJudged: ({ name, number }) => [`There is no verdict about ${name} yet`, show(number)],
  NotDisputable: ({ name, number }) => [
    `${name} cannot be disputed now: it has no verdict yet, the time to dispute it is over, or it was disputed once`,
    show(number),
  ],
  NotLosingSide: ({ name, number, job }) => [
    `Only the side that the verdict about ${name} is against can dispute it`,
    job === undefined
      ? show(number)
      : `Its client ${job.client} disputes what was accepted, its provider ${job.provider} what was rejected.`,
  ],
  BondMismatch: ({ args }) => [
    `The token did not move the bond of ${args[0]} base units`,
    'Tokens that keep a fee cannot bear a dispute.',
  ],
  NotFinal: ({ name, number, args }) => [
    `The verdict about ${name} stands from ${utc(args[0])} on, if nobody disputes it`,
    `Wait until then. ${show(number)}`,
  ],
  AlreadySettled: ({ name, number }) => [`The verdict about ${name} was carried out already`, show(number)],
  SignersNotAscending: () => ['The signatures of the verdict are not in order', 'Sort them by address, each once.'],
  SignerNotPermitted: ({ args }) => [
    `${args[0]} had no permit as a validator when it counted`,
    'Leave its signature out.',
  ],
  SignatureInvalid: ({ args }) => [`${args[0]} did not sign this verdict`, 'Leave its signature out.'],
  SignerCountMismatch: () => ['The verdict has not as many signatures as signers', 'Name each with its signature.'],
  QuorumNotReached: ({ args }) => [
    `Too little stake signed the verdict: ${args[0]} of ${args[1]}, and more than two thirds are needed`,
    'Gather more signatures and try again.',
  ],
}

/** The refusal in words; as it was where it is no refusal of a job's contract. The code stays, the contract's words are `details.reason`. */
export function jobRefusal(
  error: unknown,
  action: JobAction,
  jobId: bigint | undefined,
  job: JobRecord | undefined,
): unknown {
  if (!isKoinonError(error) || error.code !== 'ledger/refused') return error
  const found = /^(\w+)\((.*)\)$/s.exec(String(error.details?.['reason'] ?? ''))
  const words = found === null || !Object.hasOwn(jobRefusalWords, found[1] as string) ? undefined : found[1]
  if (words === undefined || found === null) return error
  const facts = {
    ...{ action, job, args: (found[2] as string).split(', ') },
    name: jobId === undefined ? 'the job' : `job ${jobId}`,
    number: jobId === undefined ? 'JOB' : `${jobId}`,
  }
  const [message, hint] = (jobRefusalWords[words] as (facts: Facts) => Words)(facts)
  const { code, details = {}, retry } = error
  return new KoinonError({
    ...{ code, hint, retry, details, cause: error },
    message: `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`,
  })
}

/** Sends a step; what the contract refuses is thrown in words that name the job as it stands. */
export async function sendStep<value>(
  view: JobView,
  action: JobAction,
  jobId: bigint | undefined,
  send: () => Promise<value>,
): Promise<value> {
  try {
    return await send()
  } catch (error) {
    if (!isKoinonError(error) || error.code !== 'ledger/refused') throw error
    const job = jobId === undefined ? undefined : await readJob(view, jobId).catch(() => undefined)
    throw jobRefusal(error, action, jobId, job)
  }
}
