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
import { type Origin, whoGoesInstead, whoMakesRoom } from './fair-room.ts'
import type { SignedQuote } from './quote.ts'

/** Bounds of one auction: in all, and of what one sender has (the last of an {@link Origin}). */
export type BiddingLimits = {
  readonly bidsPerRequest: number
  readonly bidsPerOrigin: number
  /** Sealed bids, of whom the book does not know whose they are. */
  readonly commitmentsPerRequest: number
  readonly commitmentsPerOrigin: number
}

type KeptBid = TimedBid & { readonly origin: Origin; readonly isLowest: boolean }
type Commitment = { readonly commitment: Hex; readonly origin: Origin; readonly atSeconds: number }

export type Bidding = {
  readonly auction: Auction
  closesAtSeconds: number
  readonly bids: Set<KeptBid>
  /** The last that was a step below all before it. */
  lowest: SignedQuote | undefined
  readonly byProvider: Map<Address, SignedQuote>
  readonly sealed: Map<Hex, Commitment>
  readonly revealed: Map<Hex, RevealedBid>
}

export function openBidding(auction: Auction): Bidding {
  const closesAtSeconds = auction.kind === 'reverse' ? auction.closesAtSeconds : auction.revealEndsAtSeconds
  const none = { lowest: undefined, byProvider: new Map(), sealed: new Map(), revealed: new Map() }
  return { auction, closesAtSeconds, bids: new Set(), ...none }
}

/**
 * An open bid; the same one again changes nothing. It replaces its provider's last one, and where there is no room it may take the place of
 * another. One that was the lowest keeps its place, as whoever plays the rule again would get another close; there are few of those (`PlacedBid`).
 * Throws `work/quote-refused` and `work/quotes-full`.
 */
export function bidOpenly(
  bidding: Bidding,
  quote: SignedQuote,
  origin: Origin,
  atSeconds: number,
  limits: BiddingLimits,
): void {
  const { auction, bids, byProvider, lowest, closesAtSeconds } = bidding
  if (auction.kind === 'sealed') throw quoteRefused('must be sealed: this auction takes commitments first')
  const own = byProvider.get(quote.provider)
  if (own?.signature === quote.signature) return
  const placed = placeBid(auction, { own, lowest, closesAtSeconds }, quote, atSeconds)
  if (typeof placed === 'string') throw quoteRefused(bidRefusalWords[placed])
  const replaced = [...bids].find((bid) => bid.quote === own && !bid.isLowest)
  const held = [...bids].filter((bid) => bid !== replaced)
  const chosen = makeRoom(held, origin, limits.bidsPerOrigin, limits.bidsPerRequest)
  const others = chosen === undefined ? undefined : whoLeaves(held, chosen, origin)
  if (others !== undefined) {
    bids.delete(others)
    const { provider } = others.quote
    if (byProvider.get(provider) === others.quote) forget(bidding, provider)
  }
  const { isLowest } = placed
  if (replaced !== undefined) bids.delete(replaced)
  bids.add({ quote, atSeconds, origin, isLowest })
  byProvider.set(quote.provider, quote)
  if (isLowest) bidding.lowest = quote
  bidding.closesAtSeconds = placed.closesAtSeconds
}

/** Of the network of `chosen`, as long as it holds more than lowest bids; else of the next one that makes room. Throws `work/quotes-full`. */
function whoLeaves(held: readonly KeptBid[], chosen: KeptBid, origin: Origin): KeptBid {
  const mayGo = ({ isLowest }: KeptBid): boolean => !isLowest
  const other = whoGoesInstead(held, chosen, mayGo)
  const leaving = mayGo(other) ? other : whoMakesRoom(held.filter(mayGo), origin)
  if (leaving === undefined) throw full()
  return leaving
}

/** The provider's bid before the one that made room stands again. */
function forget({ bids, byProvider }: Bidding, provider: Address): void {
  const before = [...bids].findLast(({ quote }) => quote.provider === provider)
  if (before === undefined) byProvider.delete(provider)
  else byProvider.set(provider, before.quote)
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
  const other = makeRoom([...sealed.values()], origin, commitmentsPerOrigin, commitmentsPerRequest)
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
function sealedAuctionOf(bidding: Bidding): Extract<Auction, { readonly kind: 'sealed' }> {
  if (bidding.auction.kind !== 'sealed') throw quoteRefused('is for no sealed auction')
  return bidding.auction
}

/** Undefined where there is room without anybody's. Throws `work/quotes-full` where there is none for this origin. */
export function makeRoom<held extends { readonly origin: Origin }>(
  held: readonly held[],
  origin: Origin,
  mostOfOrigin: number,
  mostInAll: number,
): held | undefined {
  const sender = origin.at(-1)
  if (held.filter((one) => one.origin.at(-1) === sender).length >= mostOfOrigin) throw full()
  if (held.length < mostInAll) return undefined
  const other = whoMakesRoom(held, origin)
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
