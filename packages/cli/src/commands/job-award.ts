import { type AwardNote, awardWinner, type JobClient, type JobRecord, planAward } from '@koinon/agents/client'
import { parseJobAuction } from '@koinon/agents/rules'
import { type Address, type Hex, KoinonError, systemClock, toAddress } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { type Home, readJobNotes, saveJobNote } from '@koinon/node/home'
import { type Auction, chooseQuote, parseQuote, type QuoteChoice, quoteToJson, type SignedQuote } from '@koinon/work'
import type { Command } from 'commander'
import { readGivenJson } from '../given-file.ts'
import {
  accountFlag,
  accountHelp,
  dryRunHelp,
  type JobFlags,
  openBus,
  openJobClient,
  parseJobId,
  withJobBudget,
} from '../job-account.ts'
import { auctionRule } from '../job-auction.ts'
import { dollars, jobFacts, jobJson, quoteLine } from '../job-words.ts'
import { type CommandContext, type CommandResult, confirm, runCommand, testYesHelp } from '../runner.ts'
import { facts, table } from '../table.ts'

type AwardFlags = JobFlags & {
  readonly provider?: string
  readonly quote?: string
  readonly passOver?: readonly string[]
}

/** `koinon job award`: takes a quote, which names the provider and pays into escrow. */
export function defineJobAward(job: Command): void {
  job
    .command('award')
    .description('take a quote for your open job: its price goes into escrow')
    .argument('<job>', 'number of the job')
    .option('--provider <address>', 'take this provider (default: the cheapest)')
    .option('--quote <file>', 'take the signed quote in this file')
    .option('--pass-over <accounts...>', 'not these providers, but whoever comes next, in an auction too')
    .option(accountFlag, accountHelp, 'wallet')
    .option('--dry-run', dryRunHelp)
    .option('-y, --yes', testYesHelp)
    .action(
      runCommand(async (context, number: string, flags: AwardFlags) => {
        const { client, network, ensureGas } = openJobClient(context.home, flags)
        const jobId = parseJobId(number)
        const found = await client.read(jobId)
        const { termsHash } = found
        const auction = parseJobAuction(client.domain, found)
        if (auction !== undefined) return awardByRule(context, { client, network, found, auction, ensureGas }, flags)
        const passedOver = passedOverBy(flags)
        const offered =
          flags.quote === undefined ? await openBus(network).quotesFor(termsHash) : [readQuote(flags.quote)]
        const quotes = offered.filter((quote) => !passedOver.has(quote.provider))
        const provider = flags.provider === undefined ? undefined : toAddress(flags.provider)
        const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
        // Whoever hands in a quote has chosen its price.
        const ceilingAtomic = flags.quote === undefined ? notedCeiling(context.home, termsHash) : undefined
        const choice = { domain: client.domain, atSeconds: nowSeconds }
        const quote = chosen(quotes, provider, ceilingAtomic === undefined ? choice : { ...choice, ceilingAtomic })
        const words = table(['price', 'provider', 'holds until'], quotes.map(quoteLine))
        if (quote === undefined) throw noQuote(jobId, ceilingAtomic)
        const data = { quotes: quotes.map(quoteToJson), chosen: quoteToJson(quote) }
        if (flags.dryRun === true) return { data: { ...data, made: false }, text: words }
        context.say(words)
        await confirm(
          context,
          `Pay ${dollars(quote.priceAtomic)} into escrow for ${quote.provider}?`,
          flags.yes === true || network.isTest,
        )
        await ensureGas()
        const awarded = await paying(context.home, flags, client, termsHash, (payer) => payer.award(jobId, quote))
        return {
          data: { ...data, made: true, job: jobJson(awarded) },
          text: context.typed(facts(jobFacts(awarded, network.contracts.dollar, nowSeconds))),
        }
      }),
    )
}

type Auctioned = {
  readonly client: JobClient
  readonly network: NetworkFile
  readonly found: JobRecord
  readonly auction: Auction
  readonly ensureGas: () => Promise<void>
}

/** The terms name the rule: who comes first is not the client's to choose, only who is trusted to deliver. */
async function awardByRule(
  context: CommandContext,
  { client, network, found, auction, ensureGas }: Auctioned,
  flags: AwardFlags,
): Promise<CommandResult> {
  if (flags.provider !== undefined || flags.quote !== undefined) throw ruled(found.jobId)
  const { home } = context
  const note = awardNote(home, found.termsHash)
  const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
  const { ranking, skipped, winner } = await planAward(client, openBus(network), auction, {
    ...{ clock: systemClock, jobId: found.jobId, note, passedOver: passedOverBy(flags) },
  })
  const whyNot = new Map(skipped.map(({ quote, why }) => [quote, why]))
  const rows = ranking.map((quote, place) => [`${place + 1}`, ...quoteLine(quote), whyNot.get(quote) ?? ''])
  const words = table(['rank', 'price', 'provider', 'holds until', 'not taken'], rows)
  if (winner === undefined) {
    if (ranking.length > 0) context.say(words)
    throw noQuote(found.jobId)
  }
  const data = {
    ranking: ranking.map(quoteToJson),
    skipped: skipped.map(({ quote, why }) => ({ provider: quote.provider, why })),
    chosen: quoteToJson(winner),
  }
  if (flags.dryRun === true) return { data: { ...data, made: false }, text: words }
  context.say(words)
  const question = `Pay ${dollars(winner.priceAtomic)} into escrow for ${winner.provider}, who has won?`
  await confirm(context, question, flags.yes === true || network.isTest)
  await ensureGas()
  const awarded = await paying(home, flags, client, found.termsHash, (payer) =>
    awardWinner(payer, found.jobId, winner, note),
  )
  return {
    data: { ...data, made: true, job: jobJson(awarded) },
    text: context.typed(facts([...jobFacts(awarded, network.contracts.dollar, nowSeconds), ...auctionRule(auction)])),
  }
}

/** The client whose money was meant when the job was posted: the account's own, or a budget's. */
async function paying<value>(
  home: Home,
  flags: AwardFlags,
  client: JobClient,
  termsHash: Hex,
  work: (payer: JobClient) => Promise<value>,
): Promise<value> {
  const [noted] = readJobNotes(home, 'budget', termsHash) as readonly { readonly grantHash: string }[]
  return noted === undefined ? work(client) : withJobBudget(home, flags, noted.grantHash, work)
}

/** The most that the client said it would pay; undefined where the job was posted from elsewhere. */
function notedCeiling(home: Home, termsHash: Hex): bigint | undefined {
  const [noted] = readJobNotes(home, 'ceiling', termsHash) as readonly { readonly ceilingAtomic: string }[]
  return noted === undefined ? undefined : BigInt(noted.ceilingAtomic)
}

function passedOverBy({ passOver = [] }: AwardFlags): ReadonlySet<Address> {
  return new Set(passOver.map(toAddress))
}

function awardNote(home: Home, termsHash: Hex): AwardNote {
  return {
    load: () => readJobNotes(home, 'award', termsHash).map(parseQuote)[0],
    save: (quote) => saveJobNote(home, 'award', termsHash, 'winner', quoteToJson(quote)),
  }
}

function ruled(jobId: bigint): KoinonError {
  return new KoinonError({
    code: 'usage/ruled-by-auction',
    message: `The terms of job ${jobId} name an auction, which says who wins`,
    hint: 'Leave --provider and --quote out. Whom you do not trust to deliver you pass over: --pass-over ACCOUNT',
  })
}

function chosen(
  quotes: readonly SignedQuote[],
  provider: Address | undefined,
  choice: QuoteChoice,
): SignedQuote | undefined {
  const wanted = quotes.filter((quote) => provider === undefined || quote.provider === provider)
  return chooseQuote(wanted, choice)
}

function readQuote(path: string): SignedQuote {
  const hint = 'Ask the provider for the quote in the answer of koinon job bid --json.'
  return parseQuote(readGivenJson({ path, hints: { noFile: hint, badJson: hint } }))
}

function noQuote(jobId: bigint, ceilingAtomic?: bigint): KoinonError {
  return new KoinonError({
    code: 'agents/no-quote',
    message: `Nobody offers to do job ${jobId} now${ceilingAtomic === undefined ? '' : ` for at most ${dollars(ceilingAtomic)}`}`,
    hint: 'Quotes come in while the request is open; look again with koinon job award. --quote FILE takes one at any price.',
    retry: 'later',
  })
}
