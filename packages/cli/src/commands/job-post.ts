import { jobRequest } from '@koinon/agents/client'
import { hashTerms, jobCheckers, parseJobAuction, parseJobCheck } from '@koinon/agents/rules'
import { quorumEvaluatorOf } from '@koinon/agents/verifier'
import { type Address, KoinonError, systemClock, toAddress } from '@koinon/base'
import { saveJobNote } from '@koinon/node/home'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import {
  accountFlag,
  accountHelp,
  dryRunHelp,
  findJobBudget,
  type JobFlags,
  openBus,
  openJobClient,
  parseDollars,
} from '../job-account.ts'
import { auctionEnds, auctionFacts, auctionLineOf } from '../job-auction.ts'
import { dollars } from '../job-words.ts'
import { parseNetuid } from '../netuid.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type PostFlags = JobFlags & {
  readonly price?: string
  readonly budget?: string
  readonly hours: string
  readonly evaluator: string
  readonly check?: string
  readonly auction?: string
  readonly bidsUntil?: string
}

const mostHours = 24 * 365
const noBids = { bids: [], sealed: [], revealed: [] }
/** A book keeps no request for longer than a day. */
const longestRequestSeconds = 86_400 - 60

/** `koinon job post`: opens a job and asks for quotes. */
export function defineJobPost(job: Command): void {
  job
    .command('post')
    .description('open a job and ask for quotes; nothing is paid before you award it')
    .argument('<work>', 'what is to be done, in words, or where that can be read')
    .option('--price <dollars>', 'the most that you would pay')
    .option('--budget <name>', 'pay from this budget, by its session key (see koinon budget)')
    .option('--hours <n>', 'time until it must be done and judged', '24')
    .option('--evaluator <who>', 'who judges: self, an address, or subnet:N for its validators', 'self')
    .option('--check <check>', `how validators judge it: ${Object.keys(jobCheckers).join(' or ')}, with its argument`)
    .option('--auction <kind>', 'take the best bid by a rule that the terms name: sealed or reverse')
    .option('--bids-until <time>', 'end of the bidding: a span such as 30m, or a time in UTC')
    .option(accountFlag, accountHelp, 'wallet')
    .option('--dry-run', dryRunHelp)
    .action(
      runCommand(async (context, work: string, flags: PostFlags) => {
        const { address, client, network, ensureGas } = openJobClient(context.home, flags)
        if (flags.price === undefined) throw noPrice()
        const ceilingAtomic = parseDollars(flags.price)
        const budget = flags.budget === undefined ? undefined : findJobBudget(context.home, flags.budget, address)
        const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
        const seconds = parseInteger(flags.hours, '--hours', 1, mostHours) * 3_600
        const evaluator = await evaluatorOf(flags.evaluator, address, (netuid) =>
          quorumEvaluatorOf(client.account, netuid),
        )
        const expiredAtSeconds = nowSeconds + seconds
        const requestEndsAtSeconds = nowSeconds + Math.min(seconds - 60, longestRequestSeconds)
        const { auction: kind, bidsUntil } = flags
        const times = { nowSeconds, expiredAtSeconds, requestEndsAtSeconds }
        const line = auctionLineOf({ kind, bidsUntil, ceilingAtomic, ...times })
        const wanted = line === undefined ? work : `${work}\n${line}`
        const description = flags.check === undefined ? wanted : withCheck(wanted, flags.check)
        const terms = client.draft({ evaluator, expiredAtSeconds, description })
        const auction = parseJobAuction(client.domain, { ...terms, termsHash: hashTerms(terms) })
        const shown = facts([
          ['work', work],
          ['at most', dollars(ceilingAtomic)],
          ...(budget === undefined ? [] : ([['paid from', `the budget "${budget.label}", by its key`]] as const)),
          ['ends', utcTime(terms.expiredAtSeconds)],
          ['evaluator', evaluator],
          ...(flags.check === undefined ? [] : ([['check', flags.check]] as const)),
          ...(auction === undefined ? [] : auctionFacts(auction, noBids, nowSeconds)),
        ])
        const data = { terms, ceilingAtomic: `${ceilingAtomic}` }
        if (flags.dryRun === true) return { data: { ...data, made: false }, text: shown }
        const bus = openBus(network)
        // Before the job can be awarded: it is paid from there and so much or not at all.
        saveJobNote(context.home, 'ceiling', hashTerms(terms), 'price', { ceilingAtomic: `${ceilingAtomic}` })
        if (budget !== undefined)
          saveJobNote(context.home, 'budget', hashTerms(terms), 'name', { grantHash: budget.grantHash })
        await ensureGas()
        const jobId = await client.post(terms)
        await bus.post(jobRequest(client, terms, ceilingAtomic, requestEndsAtSeconds))
        return {
          data: { ...data, made: true, jobId: `${jobId}` },
          text: context.typed(
            `${shown}\nJob ${jobId} is open. ${auction === undefined ? 'See who offers, and take one' : `Bids count until ${auctionEnds(auction)} at the latest; take the winner then`}: koinon job award ${jobId}`,
          ),
        }
      }),
    )
}

async function evaluatorOf(
  text: string,
  self: Address,
  ofSubnet: (netuid: number) => Promise<Address>,
): Promise<Address> {
  if (text === 'self') return self
  return text.startsWith('subnet:') ? ofSubnet(parseNetuid(text.slice('subnet:'.length))) : toAddress(text)
}

/** Throws `usage/bad-check` for one that no validator of ours makes. */
function withCheck(work: string, check: string): string {
  const description = `${work}\ncheck: ${check.trim()}`
  const found = parseJobCheck(description)
  if (found !== undefined && found.argument !== '' && Object.hasOwn(jobCheckers, found.name)) return description
  throw new KoinonError({
    code: 'usage/bad-check',
    message: `No validator knows the check "${check}"`,
    hint: 'Write --check "json title,body" (members that the work must have) or --check "sha256 0x..." (its hash).',
  })
}

function noPrice(): KoinonError {
  return new KoinonError({
    code: 'usage/no-price',
    message: 'A job has a most that you would pay',
    hint: 'Write --price DOLLARS; --budget NAME says which budget pays it.',
  })
}
