import { bytesToHex, isKoinonError, systemClock, systemRandom, zeroAddress } from '@koinon/base'
import { quoteToJson, signQuote } from '@koinon/work'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import {
  accountFlag,
  accountHelp,
  dryRunHelp,
  type JobFlags,
  openBus,
  openJobClient,
  parseDollars,
  parseJobId,
} from '../job-account.ts'
import { dollars, jobFacts } from '../job-words.ts'
import { confirm, parseInteger, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type BidFlags = JobFlags & { readonly price: string; readonly minutes: string }

/** `koinon job bid`: offers to do an open job. */
export function defineJobBid(job: Command): void {
  job
    .command('bid')
    .description('offer to do an open job for a price; the client may take it until it lapses')
    .argument('<job>', 'number of the job')
    .requiredOption('--price <dollars>', 'what you want for it')
    .option('--minutes <n>', 'how long the offer holds', '60')
    .option(accountFlag, accountHelp, 'wallet')
    .option('--dry-run', dryRunHelp)
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, number: string, flags: BidFlags) => {
        const { address, client, network, fillGas } = openJobClient(context.home, flags)
        const found = await client.read(parseJobId(number))
        const priceAtomic = parseDollars(flags.price)
        const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
        const deadlineSeconds = nowSeconds + parseInteger(flags.minutes, '--minutes', 1, 24 * 60) * 60
        const nonce = BigInt(bytesToHex(systemRandom(32)))
        const unsigned = { termsHash: found.termsHash, provider: address, priceAtomic, deadlineSeconds, nonce }
        const shown = `${facts(jobFacts(found, network.contracts.dollar, nowSeconds))}\nYou would do it for ${dollars(priceAtomic)}; the offer holds until ${utcTime(deadlineSeconds)}.`
        if (flags.dryRun === true) return { data: { made: false, priceAtomic: `${priceAtomic}` }, text: shown }
        if (found.hook !== zeroAddress)
          await confirm(context, 'Its hook can keep you from your pay. Offer all the same?', flags.yes === true)
        // An offer costs no gas; handing the work in does.
        await fillGas()
        const quote = signQuote(client.domain, unsigned, client.account.secretKey)
        const refusal = await openBus(network)
          .quote(quote)
          .then(
            () => undefined,
            (error: unknown) => {
              if (isKoinonError(error) && error.code === 'work/quote-refused') return error.message
              throw error
            },
          )
        if (refusal !== undefined) context.warn(`${refusal}: hand the quote in the JSON to the client yourself`)
        return { data: { made: refusal === undefined, quote: quoteToJson(quote) }, text: shown }
      }),
    )
}
