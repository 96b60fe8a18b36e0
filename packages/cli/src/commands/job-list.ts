import { type JobView, jobsOf, listJobs, readJob } from '@koinon/agents/client'
import { jobsDomain, parseJobAuction } from '@koinon/agents/rules'
import { type JobJudgement, quorumEvaluatorJudgement } from '@koinon/agents/verifier'
import { systemClock } from '@koinon/base'
import { createLedgerReader } from '@koinon/ledger'
import type { Home } from '@koinon/node/home'
import { viewJob, viewJobs } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import { quoteToJson } from '@koinon/work'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { askedCeiling, openBus, parseJobId } from '../job-account.ts'
import { auctionFacts, auctionRule } from '../job-auction.ts'
import { jobFacts, jobJson, judgementFacts, priceOf, quoteLine, stepsText, titleOf, totalFacts } from '../job-words.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { facts, table } from '../table.ts'

/** `koinon job list`: the newest jobs. */
export function defineJobList(job: Command): void {
  job
    .command('list')
    .description('the newest jobs of the network this home joined')
    .option('--most <n>', 'how many', '20')
    .action(
      runCommand(async ({ home, typed }, flags: { readonly most: string }) => {
        const view = viewOf(home)
        const most = parseInteger(flags.most, '--most', 1, 500)
        const [jobs, { totals, total }] = await Promise.all([listJobs(view, most), viewJobs(view.network, 1)])
        const { dollar } = view.network.contracts
        const rows = jobs.map((found) => [
          `${found.jobId}`,
          found.status,
          found.budgetAtomic === 0n ? '' : priceOf(found, dollar),
          utcTime(found.expiredAtSeconds),
          titleOf(found).slice(0, 60),
        ])
        return {
          data: { total, totals, jobs: jobs.map(jobJson) },
          text:
            jobs.length === 0
              ? typed("There are no jobs yet. Post one: koinon job post 'WORK' --price DOLLARS")
              : `${table(['job', 'status', 'price', 'ends', 'work'], rows)}\n\n${facts(totalFacts(totals))}`,
        }
      }),
    )
}

/** `koinon job show`: one job, its verdict, and the quotes for it while it is open. */
export function defineJobShow(job: Command): void {
  job
    .command('show')
    .description('one job: how far it is, its verdict, and quotes for it while it is open')
    .argument('<job>', 'number of the job')
    .action(
      runCommand(async (context, number: string) => {
        const view = viewOf(context.home)
        const found = await readJob(view, parseJobId(number))
        const judgement = await quorumEvaluatorJudgement(view, found)
        const quotes =
          found.status === 'open'
            ? await openBus(view.network)
                .quotesFor(found.termsHash)
                .catch(() => [])
            : []
        const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
        const domain = jobsDomain(view.network.chainId, jobsOf(view.network))
        const auction = parseJobAuction(domain, found)
        const bids =
          auction === undefined || found.status !== 'open'
            ? undefined
            : await openBus(view.network)
                .auction(found.termsHash)
                .catch(() => undefined)
        const ceilingAtomic =
          auction?.ceilingAtomic ??
          (found.status === 'open' ? await askedCeiling(openBus(view.network), domain, found, nowSeconds) : undefined)
        // The job itself is read from the ledger: who tells its steps may be behind it, or not there.
        const told = await viewJob(view.network, found.jobId).catch(() => undefined)
        const lines = [
          ...jobFacts(found, view.network.contracts.dollar, nowSeconds, ceilingAtomic),
          ...(auction === undefined
            ? []
            : bids === undefined
              ? auctionRule(auction)
              : auctionFacts(auction, bids, nowSeconds)),
          ...verdictOf(judgement),
        ]
        const cut = told?.isCut === true ? 'Not all steps are told, or not every vote.\n' : ''
        const words = `${facts(lines)}\n${told === undefined ? '' : `\n${stepsText(told.steps)}\n${cut}`}`
        return {
          data: {
            ...jobJson(found),
            ceilingAtomic: ceilingAtomic === undefined ? null : `${ceilingAtomic}`,
            judgement: judgementJson(judgement),
            judgedBy: told?.judgedBy ?? null,
            steps: told?.steps ?? [],
            isCut: told?.isCut ?? false,
            quotes: quotes.map(quoteToJson),
          },
          text: context.typed(
            quotes.length === 0
              ? words
              : `${words}\n${table(['price', 'provider', 'holds until'], quotes.map(quoteLine))}`,
          ),
        }
      }),
    )
}

function viewOf(home: Home): JobView {
  const network = networkOf(home)
  return { network, reader: createLedgerReader(network) }
}

function verdictOf(judgement: JobJudgement | undefined): readonly (readonly [string, string])[] {
  return judgement === undefined ? [] : judgementFacts(judgement)
}

function judgementJson(judgement: JobJudgement | undefined): Record<string, unknown> | null {
  return judgement === undefined ? null : { ...judgement, bondAtomic: `${judgement.bondAtomic}` }
}
