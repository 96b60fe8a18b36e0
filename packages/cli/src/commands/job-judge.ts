import { type JobClient, type JobRecord, requireVerdict } from '@koinon/agents/client'
import { disputeBond, type JobStatus } from '@koinon/agents/rules'
import { systemClock } from '@koinon/base'
import type { Command } from 'commander'
import {
  accountFlag,
  accountHelp,
  dryRunHelp,
  type JobFlags,
  openJobClient,
  parseJobId,
  reasonOf,
} from '../job-account.ts'
import { dollars, jobFacts, jobJson } from '../job-words.ts'
import { confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type JudgeFlags = JobFlags & { readonly reason?: string }

/** `koinon job accept`: the evaluator pays the provider. */
export function defineJobAccept(job: Command): void {
  define(job, {
    name: 'accept',
    description: 'accept submitted work, as its evaluator: the provider is paid, for good',
    question: (found) => `Pay the provider of job ${found.jobId}? It cannot be undone.`,
    ends: ['completed'],
    act: (client, jobId, flags) => client.accept(jobId, reasonOf(flags.reason)),
  })
}

/** `koinon job reject`: the client closes an open job, or the evaluator sends the money back. */
export function defineJobReject(job: Command): void {
  define(job, {
    name: 'reject',
    description: 'close your open job, or refuse work as its evaluator: the client has its money back',
    question: (found) => `Reject job ${found.jobId}? It cannot be undone.`,
    ends: ['rejected'],
    act: (client, jobId, flags) => client.reject(jobId, reasonOf(flags.reason)),
  })
}

/** `koinon job refund`: what is in escrow of a job whose time is over goes back. */
export function defineJobRefund(job: Command): void {
  define(job, {
    name: 'refund',
    description: "send the escrow of a job whose time is over back to its client; anyone's",
    ends: ['expired', 'rejected', 'completed'],
    act: (client, jobId) => client.refund(jobId),
  })
}

/** `koinon job dispute`: asks the validators for a second round. */
export function defineJobDispute(job: Command): void {
  define(job, {
    name: 'dispute',
    description:
      "have the validators' verdict that is against you decided again, once, for a bond of a tenth of the price",
    question: ({ budgetAtomic }) =>
      `Put up a bond of a tenth of the price, ${dollars(disputeBond(budgetAtomic))}? It is lost if the verdict stands.`,
    ends: [],
    check: (client, found) => requireVerdict(client.account, found),
    act: async (client, jobId) => {
      await client.dispute(jobId)
      return client.read(jobId)
    },
  })
}

function define(
  job: Command,
  step: {
    readonly name: string
    readonly description: string
    /** Where the job stands when the step, or another that ends it the same way, was taken before. */
    readonly ends: readonly JobStatus[]
    /** Throws what stands against the step, before anything is asked. */
    readonly check?: (client: JobClient, found: JobRecord) => Promise<void>
    readonly question?: (found: JobRecord) => string
    readonly act: (client: JobClient, jobId: bigint, flags: JudgeFlags) => Promise<JobRecord>
  },
): void {
  const command = job.command(step.name).description(step.description).argument('<job>', 'number of the job')
  if (step.name === 'accept' || step.name === 'reject')
    command.option('--reason <text>', 'why; the ledger keeps its hash')
  command.option(accountFlag, accountHelp, 'wallet').option('--dry-run', dryRunHelp)
  if (step.question !== undefined) command.option('-y, --yes', 'do not ask')
  command.action(
    runCommand(async (context, number: string, flags: JudgeFlags) => {
      const { client, network, ensureGas } = openJobClient(context.home, flags)
      const found = await client.read(parseJobId(number))
      const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
      const words = (record: JobRecord): string =>
        context.typed(facts(jobFacts(record, network.contracts.dollar, nowSeconds)))
      if (step.ends.includes(found.status)) {
        const text = `Job ${found.jobId} was ${found.status} before: nothing was sent now.\n${words(found)}`
        return { data: { made: false, job: jobJson(found) }, text }
      }
      await step.check?.(client, found)
      if (flags.dryRun === true) return { data: { made: false, job: jobJson(found) }, text: words(found) }
      if (step.question !== undefined) await confirm(context, step.question(found), flags.yes === true)
      await ensureGas()
      const done = await step.act(client, found.jobId, flags)
      return { data: { made: true, job: jobJson(done) }, text: words(done) }
    }),
  )
}
