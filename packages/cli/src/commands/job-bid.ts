import { bidRefusal, draftBid, type JobRecord, revealBid, sendBid } from '@koinon/agents/client'
import { parseJobAuction } from '@koinon/agents/rules'
import {
  bytesToHex,
  dollarDecimals,
  formatUnits,
  KoinonError,
  systemClock,
  systemRandom,
  zeroAddress,
} from '@koinon/base'
import { type Home, readJobNotes, saveJobNote } from '@koinon/node/home'
import { type Auction, bidCommitment, bidHoldsSeconds, parseQuote, quoteToJson, signQuote } from '@koinon/work'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import {
  accountFlag,
  accountHelp,
  askedCeiling,
  dryRunHelp,
  type JobFlags,
  openBus,
  openJobClient,
  parseDollars,
  parseJobId,
} from '../job-account.ts'
import { auctionFacts } from '../job-auction.ts'
import { dollars, jobFacts } from '../job-words.ts'
import { type CommandContext, type CommandResult, confirm, parseInteger, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type BidFlags = JobFlags & { readonly price?: string; readonly minutes: string; readonly reveal?: boolean }
type Bidder = ReturnType<typeof openJobClient>

/** `koinon job bid`: offers to do an open job, or bids in its auction. */
export function defineJobBid(job: Command): void {
  job
    .command('bid')
    .description('offer to do an open job for a price; in a sealed auction, first seal the price and later --reveal it')
    .argument('<job>', 'number of the job')
    .option('--price <dollars>', 'what you want for it')
    .option('--minutes <n>', 'how long the offer holds; in an auction, after its end', '60')
    .option('--reveal', 'show the bids that this home sealed')
    .option(accountFlag, accountHelp, 'wallet')
    .option('--dry-run', dryRunHelp)
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, number: string, flags: BidFlags) => {
        if (flags.reveal === true && flags.price !== undefined) throw eitherOne()
        const bidder = openJobClient(context.home, flags)
        const found = await bidder.client.read(parseJobId(number))
        const auction = parseJobAuction(bidder.client.domain, found)
        if (flags.reveal === true) return reveal(context, bidder, found, auction, flags)
        if (flags.price === undefined) throw noPrice()
        const bid = {
          priceAtomic: parseDollars(flags.price),
          seconds:
            parseInteger(flags.minutes, '--minutes', auction === undefined ? 1 : bidHoldsSeconds / 60, 24 * 60) * 60,
        }
        if (flags.dryRun !== true && found.hook !== zeroAddress)
          await confirm(context, 'Its hook can keep you from your pay. Offer all the same?', flags.yes === true)
        // A bid costs no gas; handing the work in does.
        if (flags.dryRun !== true) await bidder.ensureGas()
        return auction === undefined
          ? offer(bidder, found, bid, flags)
          : enter(context, bidder, found, auction, bid, flags)
      }),
    )
}

type Bid = { readonly priceAtomic: bigint; readonly seconds: number }

async function offer(
  { address, client, network }: Bidder,
  found: JobRecord,
  { priceAtomic, seconds }: Bid,
  flags: BidFlags,
): Promise<CommandResult> {
  const bus = openBus(network)
  const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
  // Who cannot look up what the client would pay may still hand it the offer.
  const ceilingAtomic = await askedCeiling(bus, client.domain, found, nowSeconds)
  if (ceilingAtomic !== undefined && priceAtomic > ceilingAtomic) throw aboveCeiling(found.jobId, ceilingAtomic)
  const deadlineSeconds = nowSeconds + seconds
  const nonce = BigInt(bytesToHex(systemRandom(32)))
  const unsigned = { termsHash: found.termsHash, provider: address, priceAtomic, deadlineSeconds, nonce }
  const known = facts(jobFacts(found, network.contracts.dollar, nowSeconds, ceilingAtomic))
  const shown = `${known}\nYou would do it for ${dollars(priceAtomic)}; the offer holds until ${utcTime(deadlineSeconds)}.`
  if (flags.dryRun === true) return { data: { made: false, priceAtomic: `${priceAtomic}` }, text: shown }
  const quote = signQuote(client.domain, unsigned, client.account.secretKey)
  await bus.quote(quote).catch((error: unknown) => {
    throw new KoinonError({
      code: 'work/quote-refused',
      message: `${refusalMessage(error)}. The offer for job ${found.jobId} is not made`,
      hint: 'See what is wanted: koinon job show JOB. Or have the client take it by "koinon job award JOB --quote FILE": the signed quote is in details.quote of --json.',
      details: { quote: quoteToJson(quote) },
      cause: error,
    })
  })
  return { data: { made: true, quote: quoteToJson(quote) }, text: shown }
}

/** A sealed bid is on disk before anybody has its hash: what is lost could never be shown. */
async function enter(
  { home, typed }: CommandContext,
  { client, network }: Bidder,
  found: JobRecord,
  auction: Auction,
  { priceAtomic, seconds }: Bid,
  flags: BidFlags,
): Promise<CommandResult> {
  const bus = openBus(network)
  const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
  const stands = auctionFacts(auction, await bus.auction(found.termsHash), nowSeconds)
  const shown = `${facts([...jobFacts(found, network.contracts.dollar, nowSeconds, auction.ceilingAtomic), ...stands])}\nYou would do it for ${dollars(priceAtomic)}.`
  if (flags.dryRun === true) return { data: { made: false, priceAtomic: `${priceAtomic}` }, text: shown }
  const bid = draftBid(auction, client.account, { priceAtomic, holdsSeconds: seconds }, systemRandom)
  const { quote } = bid
  const commitment = bid.kind === 'reverse' ? undefined : bidCommitment(auction.domain, quote, bid.salt)
  if (bid.kind === 'sealed' && commitment !== undefined)
    saveJobNote(home, 'bid', found.termsHash, commitment, { quote: quoteToJson(quote), salt: bid.salt })
  await sendBid(bus, auction, bid).catch(bidRefused)
  if (auction.kind === 'reverse')
    return { data: { made: true, quote: quoteToJson(quote) }, text: `${shown}\nThe bid is in.` }
  const when = `between ${utcTime(auction.commitEndsAtSeconds)} and ${utcTime(auction.revealEndsAtSeconds)}`
  return {
    data: {
      made: true,
      commitment,
      revealFromMs: auction.commitEndsAtSeconds * 1_000,
      revealUntilMs: auction.revealEndsAtSeconds * 1_000,
    },
    text: typed(
      `${shown}\nThe bid is sealed. It counts only if you show it ${when}: koinon job bid ${found.jobId} --reveal`,
    ),
  }
}

async function reveal(
  { home, warn }: CommandContext,
  { address, network }: Bidder,
  found: JobRecord,
  auction: Auction | undefined,
  flags: BidFlags,
): Promise<CommandResult> {
  const bids = readBids(home, found).filter(({ quote }) => quote.provider === address)
  if (auction === undefined || bids.length === 0) throw nothingSealed(found.jobId)
  if (flags.dryRun === true) {
    const prices = bids.map(({ quote }) => quote.priceAtomic)
    return {
      data: { revealed: [], sealed: prices.map(String), made: false },
      text: prices.map((priceAtomic) => `Sealed here, to be shown: ${dollars(priceAtomic)}.`).join('\n'),
    }
  }
  const bus = openBus(network)
  const shown: bigint[] = []
  for (const bid of bids) {
    const refusal = await revealBid(bus, auction, bid, systemClock).then(() => undefined, refusalMessage)
    if (refusal === undefined) shown.push(bid.quote.priceAtomic)
    else warn(`The bid of ${dollars(bid.quote.priceAtomic)} does not count: ${refusal}`)
  }
  return {
    data: { revealed: shown.map(String), made: shown.length > 0 },
    text: shown.map((priceAtomic) => `Shown: ${dollars(priceAtomic)}.`).join('\n'),
  }
}

function readBids(home: Home, { termsHash }: JobRecord) {
  return readJobNotes(home, 'bid', termsHash).map((note) => {
    const { quote, salt } = note as { readonly quote: unknown; readonly salt: `0x${string}` }
    return { kind: 'sealed' as const, quote: parseQuote(quote), salt }
  })
}

function refusalMessage(error: unknown): string {
  const refusal = bidRefusal(error)
  if (refusal === undefined) throw error
  return refusal
}

/** In an auction a bid that the book does not take is none. */
function bidRefused(error: unknown): never {
  const message = refusalMessage(error)
  throw new KoinonError({
    code: 'work/quote-refused',
    message,
    hint: 'See how the auction stands: koinon job show JOB',
    cause: error,
  })
}

function aboveCeiling(jobId: bigint, ceilingAtomic: bigint): KoinonError {
  const most = formatUnits(ceilingAtomic, dollarDecimals)
  return new KoinonError({
    code: 'work/quote-refused',
    message: `The client of job ${jobId} pays at most ${most} dollars. The offer is not made`,
    hint: `Offer at most that: koinon job bid ${jobId} --price ${most}`,
  })
}

function noPrice(): KoinonError {
  return new KoinonError({
    code: 'usage/no-price',
    message: 'A bid names a price',
    hint: 'Write --price DOLLARS; to show what you sealed before, write --reveal.',
  })
}

function eitherOne(): KoinonError {
  return new KoinonError({
    code: 'usage/one-of',
    message: '--price makes a bid, --reveal shows those that were sealed before',
    hint: 'Leave one of them out.',
  })
}

function nothingSealed(jobId: bigint): KoinonError {
  return new KoinonError({
    code: 'home/no-sealed-bid',
    message: `This account has sealed no bid for job ${jobId} in this home`,
    hint: 'Bid where the job has a sealed auction: koinon job bid JOB --price DOLLARS',
  })
}
