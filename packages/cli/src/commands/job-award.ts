import { type Address, KoinonError, systemClock, toAddress } from '@koinon/base'
import { chooseQuote, parseQuote, type QuoteChoice, quoteToJson, type SignedQuote } from '@koinon/work'
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
} from '../job-account.ts'
import { dollars, jobFacts, jobJson, quoteLine } from '../job-words.ts'
import { confirm, runCommand } from '../runner.ts'
import { facts, table } from '../table.ts'

type AwardFlags = JobFlags & { readonly provider?: string; readonly quote?: string }

/** `koinon job award`: takes a quote, which names the provider and pays into escrow. */
export function defineJobAward(job: Command): void {
  job
    .command('award')
    .description('take a quote for your open job: its price goes into escrow')
    .argument('<job>', 'number of the job')
    .option('--provider <address>', 'take this provider (default: the cheapest)')
    .option('--quote <file>', 'take the signed quote in this file')
    .option(accountFlag, accountHelp, 'wallet')
    .option('--dry-run', dryRunHelp)
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, number: string, flags: AwardFlags) => {
        const { client, network, fillGas } = openJobClient(context.home, flags)
        const jobId = parseJobId(number)
        const { termsHash } = await client.read(jobId)
        const quotes =
          flags.quote === undefined ? await openBus(network).quotesFor(termsHash) : [readQuote(flags.quote)]
        const provider = flags.provider === undefined ? undefined : toAddress(flags.provider)
        const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
        const quote = chosen(quotes, provider, { domain: client.domain, atSeconds: nowSeconds })
        const words = table(['price', 'provider', 'holds until'], quotes.map(quoteLine))
        if (quote === undefined) throw noQuote(jobId)
        const data = { quotes: quotes.map(quoteToJson), chosen: quoteToJson(quote) }
        if (flags.dryRun === true) return { data: { ...data, made: false }, text: words }
        context.say(words)
        await confirm(
          context,
          `Pay ${dollars(quote.priceAtomic)} into escrow for ${quote.provider}?`,
          flags.yes === true || network.isTest,
        )
        await fillGas()
        const awarded = await client.award(jobId, quote)
        return {
          data: { ...data, made: true, job: jobJson(awarded) },
          text: context.typed(facts(jobFacts(awarded, network.contracts.dollar, nowSeconds))),
        }
      }),
    )
}

function chosen(
  quotes: readonly SignedQuote[],
  provider: Address | undefined,
  choice: Pick<QuoteChoice, 'domain' | 'atSeconds'>,
): SignedQuote | undefined {
  const wanted = quotes.filter((quote) => provider === undefined || quote.provider === provider)
  return chooseQuote(wanted, { ...choice, ceilingAtomic: (1n << 256n) - 1n })
}

function readQuote(path: string): SignedQuote {
  const hint = 'Ask the provider for the quote in the answer of koinon job bid --json.'
  return parseQuote(readGivenJson({ path, hints: { noFile: hint, badJson: hint } }))
}

function noQuote(jobId: bigint): KoinonError {
  return new KoinonError({
    code: 'agents/no-quote',
    message: `Nobody offers to do job ${jobId} now`,
    hint: 'Quotes come in while the request is open; look again with koinon job award.',
    retry: 'later',
  })
}
