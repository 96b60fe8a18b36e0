/** What a book keeps of one auction. Those that bid are strangers, so what there is room for is shared by their networks. */
import { type Address, type Hex, KoinonError } from '@koinon/base'
import {
  type Auction,
  type AuctionRecord,
  bidCommitment,
  bidHoldsSeconds,
  bidRefusalWords,
  lastEndOf,
  placeBid,
  type RevealedBid,
  refusalOf,
  type TimedBid,
} from './auction.ts'
import { type Origin, whoMakesRoom } from './fair-room.ts'
import type { SignedQuote } from './quote.ts'

/** Bounds of one auction: in all, and of what one sender has (the last of an {@link Origin}). */
export type BiddingLimits = {
  readonly bidsPerRequest: number
  readonly bidsPerOrigin: number
  /** Sealed bids, of whom the book does not know whose they are. */
  readonly commitmentsPerRequest: number
  readonly commitmentsPerOrigin: number
}

type KeptBid = TimedBid & { readonly origin: Origin; readonly isLate: boolean }
type Commitment = { readonly commitment: Hex; readonly origin: Origin; readonly atSeconds: number }

export type Bidding = {
  readonly auction: Auction
  closesAtSeconds: number
  readonly bids: Set<KeptBid>
  readonly lowest: Map<Address, SignedQuote>
  readonly sealed: Map<Hex, Commitment>
  readonly revealed: Map<Hex, RevealedBid>
}

export function openBidding(auction: Auction): Bidding {
  const closesAtSeconds = auction.kind === 'reverse' ? auction.closesAtSeconds : auction.revealEndsAtSeconds
  return { auction, closesAtSeconds, bids: new Set(), lowest: new Map(), sealed: new Map(), revealed: new Map() }
}

/**
 * An open bid; the same one again changes nothing. Where there is no room it may take the place of another, but never of one that moved the
 * close: whoever plays the rule again would not know why later ones count. Throws `work/quote-refused` and `work/quotes-full`.
 */
export function bidOpenly(
  bidding: Bidding,
  quote: SignedQuote,
  origin: Origin,
  atSeconds: number,
  limits: BiddingLimits,
): void {
  const { auction, bids, lowest, closesAtSeconds } = bidding
  if (auction.kind === 'sealed') throw quoteRefused('must be sealed: this auction takes commitments first')
  const own = lowest.get(quote.provider)
  if (own?.signature === quote.signature) return
  const next = placeBid(auction, { own, closesAtSeconds }, quote, atSeconds)
  if (typeof next === 'string') throw quoteRefused(bidRefusalWords[next])
  const others = makeRoom([...bids], origin, limits.bidsPerOrigin, limits.bidsPerRequest, ({ isLate }) => !isLate)
  if (others !== undefined) {
    bids.delete(others)
    const { provider } = others.quote
    if (lowest.get(provider) === others.quote) forget(bidding, provider)
  }
  bids.add({ quote, atSeconds, origin, isLate: closesAtSeconds - atSeconds < auction.extensionSeconds })
  lowest.set(quote.provider, quote)
  bidding.closesAtSeconds = next
}

/** The provider's bid before the one that made room stands again. */
function forget({ bids, lowest }: Bidding, provider: Address): void {
  const before = [...bids].findLast(({ quote }) => quote.provider === provider)
  if (before === undefined) lowest.delete(provider)
  else lowest.set(provider, before.quote)
}

/** A sealed bid; the same one again changes nothing. Throws `work/quote-refused` and `work/quotes-full`. */
export function commitTo(
  bidding: Bidding,
  commitment: Hex,
  origin: Origin,
  atSeconds: number,
  limits: BiddingLimits,
): void {
  const { sealed } = bidding
  if (sealed.has(commitment)) return
  if (atSeconds >= sealedAuctionOf(bidding).commitEndsAtSeconds)
    throw quoteRefused('comes after sealed bids were taken')
  const { commitmentsPerOrigin, commitmentsPerRequest } = limits
  const other = makeRoom([...sealed.values()], origin, commitmentsPerOrigin, commitmentsPerRequest, () => true)
  if (other !== undefined) sealed.delete(other.commitment)
  sealed.set(commitment, { commitment, origin, atSeconds })
}

/** The quote behind a sealed bid; the same one again changes nothing. Throws `work/quote-refused`. */
export function reveal(bidding: Bidding, quote: SignedQuote, salt: Hex, atSeconds: number): void {
  const { sealed, revealed } = bidding
  const auction = sealedAuctionOf(bidding)
  const commitment = bidCommitment(auction.domain, quote, salt)
  if (revealed.has(commitment)) return
  if (atSeconds < auction.commitEndsAtSeconds) throw quoteRefused('is shown while others still bid')
  if (atSeconds >= auction.revealEndsAtSeconds) throw quoteRefused('is shown too late')
  if (!sealed.has(commitment)) throw quoteRefused('is not what was committed to')
  const objection = refusalOf(auction, quote)
  if (objection !== undefined) throw quoteRefused(bidRefusalWords[objection])
  if (quote.deadlineSeconds < auction.revealEndsAtSeconds + bidHoldsSeconds)
    throw quoteRefused(bidRefusalWords['expires-too-soon'])
  revealed.set(commitment, { quote, salt, atSeconds })
}

/** What came in, with the second in which it came. */
export function recordOf(bidding: Bidding | undefined, nowSeconds: number): AuctionRecord {
  return {
    bids: [...(bidding?.bids ?? [])].map(({ quote, atSeconds }) => ({ quote, atSeconds })),
    sealed: [...(bidding?.sealed.values() ?? [])].map(({ commitment, atSeconds }) => ({ commitment, atSeconds })),
    revealed: bidding === undefined || nowSeconds < lastEndOf(bidding.auction) ? [] : [...bidding.revealed.values()],
  }
}

/** Throws `work/quote-refused` where it is none. */
export function sealedAuctionOf(bidding: Bidding | undefined): Extract<Auction, { readonly kind: 'sealed' }> {
  if (bidding?.auction.kind !== 'sealed') throw quoteRefused('is for no sealed auction')
  return bidding.auction
}

/** Undefined where there is room without anybody's. Throws `work/quotes-full` where there is none for this origin. */
export function makeRoom<held extends { readonly origin: Origin }>(
  held: readonly held[],
  origin: Origin,
  mostOfOrigin: number,
  mostInAll: number,
  mayGo: (one: held) => boolean,
): held | undefined {
  const sender = origin.at(-1)
  if (held.filter((one) => one.origin.at(-1) === sender).length >= mostOfOrigin) throw full()
  if (held.length < mostInAll) return undefined
  const other = whoMakesRoom(held.filter(mayGo), origin)
  if (other === undefined) throw full()
  return other
}

export function quoteRefused(problem: string): KoinonError {
  return new KoinonError({ code: 'work/quote-refused', message: `The quote ${problem}` })
}

export function full(): KoinonError {
  return new KoinonError({
    code: 'work/quotes-full',
    message: 'The book has no room for that now',
    hint: 'Try again when older requests are over, or offer less.',
    retry: 'later',
  })
}
