/** A bidder's and a client's side of an auction over the bus (specs/0024-jobs.md section 6). */
import { type Address, bytesToHex, type Clock, type Hex, isKoinonError, KoinonError, type Random } from '@koinon/base'
import { type Auction, bidCommitment, lastEndOf, rankAuction, type SignedQuote, signQuote } from '@koinon/work'
import type { QuoteBus } from '@koinon/work/quotes'
import type { JobClient } from './job-client.ts'
import { type JobAccount, type JobRecord, jobOfQuote } from './job-ledger.ts'

/** A bid as the rule of its auction has it: open, or sealed, with the salt that shows it. */
export type AuctionBid =
  | { readonly kind: 'reverse'; readonly quote: SignedQuote }
  | { readonly kind: 'sealed'; readonly quote: SignedQuote; readonly salt: Hex }

/** Signs a bid. It holds for `holdsSeconds` after the auction's last end, so that the client has time to take it. */
export function draftBid(
  auction: Auction,
  account: Pick<JobAccount, 'sender' | 'secretKey'>,
  bid: { readonly priceAtomic: bigint; readonly holdsSeconds: number },
  random: Random,
): AuctionBid {
  const quote = {
    termsHash: auction.termsHash,
    provider: account.sender.address,
    priceAtomic: bid.priceAtomic,
    deadlineSeconds: lastEndOf(auction) + bid.holdsSeconds,
    nonce: BigInt(bytesToHex(random(32))),
  }
  const signed = signQuote(auction.domain, quote, account.secretKey)
  return auction.kind === 'sealed'
    ? { kind: 'sealed', quote: signed, salt: bytesToHex(random(32)) }
    : { kind: 'reverse', quote: signed }
}

/**
 * Sends a bid: the quote itself, or only its commitment, whose quote and salt whoever bids keeps on disk first. Throws
 * `agents/bid-mismatch` for a bid of another kind than its auction's, and as the bus does.
 */
export async function sendBid(bus: QuoteBus, auction: Auction, bid: AuctionBid): Promise<void> {
  if (auction.kind !== bid.kind) throw bidMismatch(auction)
  if (bid.kind === 'reverse') return bus.quote(bid.quote)
  await bus.commit(auction.termsHash, bidCommitment(auction.domain, bid.quote, bid.salt))
}

/**
 * Shows a sealed bid, between the end of the commitments and that of the reveals. Throws `work/auction-open`, `agents/bid-mismatch`
 * where there is nothing sealed to show, and as the bus does.
 */
export async function revealBid(bus: QuoteBus, auction: Auction, bid: AuctionBid, clock: Clock): Promise<void> {
  if (auction.kind !== 'sealed' || bid.kind !== 'sealed') throw bidMismatch(auction)
  if (Math.floor(clock.nowMs() / 1000) < auction.commitEndsAtSeconds) throw tooEarly(auction.commitEndsAtSeconds)
  await bus.reveal(bid.quote, bid.salt)
}

/** Where a client keeps which bid it takes, before it pays: after a crash it takes that one and no other. */
export type AwardNote = { load(): SignedQuote | undefined; save(quote: SignedQuote): void }

type BidState = 'open' | 'taken here' | SkippedBid['why']

/** Why a bid is not taken: `cancelled` by its provider on the ledger, or `taken elsewhere`, its nonce used up by another job. */
export type SkippedBid = {
  readonly quote: SignedQuote
  readonly why: 'cancelled' | 'taken elsewhere' | 'lapsed' | 'passed over'
}

export type AwardPlan = {
  /** Bids that count, the winner first. */
  readonly ranking: readonly SignedQuote[]
  /** Those before the winner, which cannot be taken, or which the client does not want. */
  readonly skipped: readonly SkippedBid[]
  /** The first that can still be taken; undefined where there is none. */
  readonly winner: SignedQuote | undefined
}

/**
 * Who has won, and whose bid can be taken now: one that lapsed, was cancelled or was taken for another job is passed over, and its provider with
 * it, as each has one bid in a ranking. So are providers in `passedOver`, whom the client does not trust to deliver for what they bid. A bid
 * that was noted before comes first as long as it may still be taken, or was. Throws `work/auction-open` and as bus and ledger do.
 */
export async function planAward(
  client: JobClient,
  bus: QuoteBus,
  auction: Auction,
  options: {
    readonly clock: Clock
    readonly jobId: bigint
    readonly note: AwardNote
    readonly passedOver?: ReadonlySet<Address>
  },
): Promise<AwardPlan> {
  const { clock, jobId, note, passedOver } = options
  const nowSeconds = Math.floor(clock.nowMs() / 1000)
  const stateOf = async (quote: SignedQuote): Promise<BidState> => {
    const taken = await jobOfQuote(client.account, quote.provider, quote.nonce)
    if (taken === jobId) return 'taken here'
    if (taken !== undefined) return taken === 'cancelled' ? 'cancelled' : 'taken elsewhere'
    if (passedOver?.has(quote.provider) === true) return 'passed over'
    return nowSeconds <= quote.deadlineSeconds ? 'open' : 'lapsed'
  }
  const noted = note.load()
  const notedState = noted === undefined ? undefined : await stateOf(noted)
  // The book may have forgotten the auction since.
  if (noted !== undefined && (notedState === 'open' || notedState === 'taken here'))
    return { ranking: [noted], skipped: [], winner: noted }
  const ranking = rankAuction(auction, await bus.auction(auction.termsHash), nowSeconds)
  const skipped: SkippedBid[] = []
  for (const quote of ranking) {
    const state = await stateOf(quote)
    if (state === 'open' || state === 'taken here') return { ranking, skipped, winner: quote }
    skipped.push({ quote, why: state })
  }
  return { ranking, skipped, winner: undefined }
}

/** Takes the winner: noted first, then named and paid for in one transaction. Safe to call again after any crash. */
export async function awardWinner(
  client: JobClient,
  jobId: bigint,
  winner: SignedQuote,
  note: AwardNote,
): Promise<JobRecord> {
  note.save(winner)
  return client.award(jobId, winner)
}

/** What the book says of a bid that it does not take; undefined for other failures. */
export function bidRefusal(error: unknown): string | undefined {
  return isKoinonError(error) && error.code === 'work/quote-refused' ? error.message : undefined
}

/** An open quote in a sealed auction would tell everybody the price. */
function bidMismatch({ kind }: Auction): KoinonError {
  return new KoinonError({
    code: 'agents/bid-mismatch',
    message: kind === 'sealed' ? 'A sealed auction takes no open bid' : 'A reverse auction takes no sealed bid',
    hint: 'Draft the bid for this auction.',
  })
}

function tooEarly(atSeconds: number): KoinonError {
  return new KoinonError({
    code: 'work/auction-open',
    message: `Sealed bids are taken until ${new Date(atSeconds * 1000).toISOString().slice(0, 19)}Z`,
    hint: 'Show yours after that, or the others see it before they bid.',
    retry: 'later',
  })
}
