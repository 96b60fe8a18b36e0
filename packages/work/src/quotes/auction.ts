/** Auctions over signed quotes (specs/0024-jobs.md section 6): what wins can be funded as it stands. */
import { type Address, bytes32Word, bytesToHex, concatBytes, type Hex, KoinonError, keccak256 } from '@koinon/base'
import { rankQuotes } from './choose-quote.ts'
import { quoteDigest, type SettlementDomain, type SignedQuote, verifyQuote } from './quote.ts'

/** An open auction downwards. Times are Unix seconds. */
export type ReverseAuction = {
  readonly domain: SettlementDomain
  readonly termsHash: Hex
  readonly ceilingAtomic: bigint
  /** A bid must be this much below its own provider's last one, and below all others to move the close. */
  readonly decrementAtomic: bigint
  readonly closesAtSeconds: number
  /** A new lowest bid within so many seconds of the close moves the close to so many seconds after it... */
  readonly extensionSeconds: number
  /** ...but never beyond this. */
  readonly lastCloseSeconds: number
}

export type BidRefusal = 'closed' | 'other-terms' | 'not-signed' | 'above-ceiling' | 'not-lower' | 'expires-too-soon'

/** A bid holds so long after the last end of its auction: who lets low ones lapse at once would bid without being bound. */
export const bidHoldsSeconds = 600

/** What a reverse auction says of a bid that counts. */
export type PlacedBid = {
  /** A step below all that counted before. No more than ceiling / step can be, so a book may keep them all. */
  readonly isLowest: boolean
  readonly closesAtSeconds: number
}

/** What {@link placeBid} needs of the bids that counted before. */
export type BidsBefore = {
  /** The lowest of its provider that counted. */
  readonly own: SignedQuote | undefined
  /** The last that was a step below all before it. */
  readonly lowest: SignedQuote | undefined
  readonly closesAtSeconds: number
}

/**
 * What a bid that came at `atSeconds` changes, or why it does not count. It need not be below those of others: who bids next to nothing keeps
 * nobody away. But only one that is a step below them moves the close; keys that cost nothing would move it with any bids.
 */
export function placeBid(
  auction: ReverseAuction,
  { own, lowest, closesAtSeconds }: BidsBefore,
  bid: SignedQuote,
  atSeconds: number,
): PlacedBid | BidRefusal {
  if (atSeconds >= closesAtSeconds) return 'closed'
  const refusal = refusalOf(auction, bid)
  if (refusal !== undefined) return refusal
  if (bid.deadlineSeconds < auction.lastCloseSeconds + bidHoldsSeconds) return 'expires-too-soon'
  const isStepBelow = (other: SignedQuote | undefined): boolean =>
    other === undefined || bid.priceAtomic + auction.decrementAtomic <= other.priceAtomic
  if (!isStepBelow(own)) return 'not-lower'
  const isLowest = isStepBelow(lowest)
  const isLate = closesAtSeconds - atSeconds < auction.extensionSeconds
  if (!isLowest || !isLate) return { isLowest, closesAtSeconds }
  const extended = Math.min(atSeconds + auction.extensionSeconds, auction.lastCloseSeconds)
  return { isLowest, closesAtSeconds: Math.max(extended, closesAtSeconds) }
}

/** A sealed auction: hashes until `commitEndsAtSeconds`, quotes until `revealEndsAtSeconds`. */
export type SealedAuction = {
  readonly domain: SettlementDomain
  readonly termsHash: Hex
  readonly ceilingAtomic: bigint
  readonly commitEndsAtSeconds: number
  readonly revealEndsAtSeconds: number
}

export type SealedBid = { readonly commitment: Hex; readonly atSeconds: number }
export type RevealedBid = { readonly quote: SignedQuote; readonly salt: Hex; readonly atSeconds: number }

/** Keccak(quote digest || salt): hides provider and price as long as the salt is 32 unknown bytes. */
export function bidCommitment(domain: SettlementDomain, quote: SignedQuote, salt: Hex): Hex {
  return bytesToHex(keccak256(concatBytes(quoteDigest(domain, quote), bytes32Word(salt))))
}

/**
 * Bids that count, the winner first: each wins at its own price when those before it cannot be taken. A reveal counts when it was
 * committed to in time, came in time, names these terms, is signed and within the ceiling, and holds {@link bidHoldsSeconds} after the end of
 * the reveals. The cheapest comes first; `rankQuotes` breaks ties. Of several bids of one provider its cheapest counts and no other, so that
 * who takes it back has none. Throws `work/auction-open`.
 */
export function rankSealedBids(
  auction: SealedAuction,
  sealed: readonly SealedBid[],
  revealed: readonly RevealedBid[],
  atSeconds: number,
): readonly SignedQuote[] {
  if (atSeconds < auction.revealEndsAtSeconds) throw stillOpen(auction.revealEndsAtSeconds)
  const committed = new Set(
    sealed.filter((bid) => bid.atSeconds < auction.commitEndsAtSeconds).map(({ commitment }) => commitment),
  )
  const valid = revealed.filter(
    ({ quote, salt, atSeconds: revealedAt }) =>
      revealedAt >= auction.commitEndsAtSeconds &&
      revealedAt < auction.revealEndsAtSeconds &&
      committed.has(bidCommitment(auction.domain, quote, salt)) &&
      refusalOf(auction, quote) === undefined,
  )
  const { domain, ceilingAtomic, revealEndsAtSeconds } = auction
  const choice = { domain, ceilingAtomic, atSeconds: revealEndsAtSeconds + bidHoldsSeconds }
  const byProvider = Map.groupBy(valid, ({ quote }) => quote.provider)
  const cheapest = [...byProvider.values()].flatMap((own) => rankQuotes(distinct(own, domain), choice).slice(0, 1))
  return rankQuotes(cheapest, choice)
}

function distinct(bids: readonly RevealedBid[], domain: SettlementDomain): readonly SignedQuote[] {
  return [...new Map(bids.map(({ quote }) => [bytesToHex(quoteDigest(domain, quote)), quote] as const)).values()]
}

/** Bids of a reverse auction in the order in which they came, and when. */
export type TimedBid = { readonly quote: SignedQuote; readonly atSeconds: number }

/** How a reverse auction stands. */
export type ReverseAuctionState = {
  /** Of each provider its lowest bid that counted, the lowest first; of equal ones the earlier. */
  readonly standing: readonly SignedQuote[]
  readonly counted: readonly TimedBid[]
  readonly closesAtSeconds: number
}

/** Plays the bids that came; what the rule refuses is left out. */
export function replayReverseAuction(auction: ReverseAuction, bids: readonly TimedBid[]): ReverseAuctionState {
  let { closesAtSeconds } = auction
  let lowest: SignedQuote | undefined
  const byProvider = new Map<Address, SignedQuote>()
  const counted: TimedBid[] = []
  for (const bid of bids) {
    const { provider } = bid.quote
    const before = { own: byProvider.get(provider), lowest, closesAtSeconds }
    const placed = placeBid(auction, before, bid.quote, bid.atSeconds)
    if (typeof placed === 'string') continue
    closesAtSeconds = placed.closesAtSeconds
    if (placed.isLowest) lowest = bid.quote
    counted.push(bid)
    byProvider.delete(provider)
    byProvider.set(provider, bid.quote)
  }
  const standing = [...byProvider.values()].sort((a, b) =>
    a.priceAtomic < b.priceAtomic ? -1 : a.priceAtomic > b.priceAtomic ? 1 : 0,
  )
  return { standing, counted, closesAtSeconds }
}

/** Bids that count, one a provider, the lowest first. Throws `work/auction-open` before the close. */
function rankReverseBids(
  auction: ReverseAuction,
  bids: readonly TimedBid[],
  atSeconds: number,
): readonly SignedQuote[] {
  const { standing, closesAtSeconds } = replayReverseAuction(auction, bids)
  if (atSeconds < closesAtSeconds) throw stillOpen(closesAtSeconds)
  return standing
}

/** An auction by either rule. */
export type Auction = ({ readonly kind: 'reverse' } & ReverseAuction) | ({ readonly kind: 'sealed' } & SealedAuction)

/** What an auction is held by, whatever job it is for. */
export type AuctionRule =
  | Omit<Extract<Auction, { kind: 'reverse' }>, 'domain' | 'termsHash'>
  | Omit<Extract<Auction, { kind: 'sealed' }>, 'domain' | 'termsHash'>

/** All that came in, with the second in which the book got it. */
export type AuctionRecord = {
  readonly bids: readonly TimedBid[]
  readonly sealed: readonly SealedBid[]
  readonly revealed: readonly RevealedBid[]
}

/** Bids that count, the winner first, by the auction's rule. Throws `work/auction-open` while bids may still come. */
export function rankAuction(auction: Auction, record: AuctionRecord, atSeconds: number): readonly SignedQuote[] {
  return auction.kind === 'reverse'
    ? rankReverseBids(auction, record.bids, atSeconds)
    : rankSealedBids(auction, record.sealed, record.revealed, atSeconds)
}

/** From here on nobody bids, whatever came before. Unix seconds. */
export function lastEndOf(auction: AuctionRule): number {
  return auction.kind === 'reverse' ? auction.lastCloseSeconds : auction.revealEndsAtSeconds
}

/** Why a bid does not count, in words. */
export const bidRefusalWords: Readonly<Record<BidRefusal, string>> = {
  closed: 'comes after the close',
  'other-terms': 'is for other terms',
  'not-signed': 'is not signed by its provider',
  'above-ceiling': 'is not within the ceiling',
  'not-lower': 'is not lower than the last one of its provider by the step of the auction',
  'expires-too-soon': `does not hold until ${bidHoldsSeconds / 60} minutes after the last possible close`,
}

function stillOpen(endsAtSeconds: number): KoinonError {
  return new KoinonError({
    code: 'work/auction-open',
    message: `Bids of this auction count until ${new Date(endsAtSeconds * 1000).toISOString().slice(0, 19)}Z`,
    hint: 'Nobody decides before; look again then.',
    retry: 'later',
  })
}

/** Why a quote cannot win by itself, whatever the others bid. */
export function refusalOf(
  { domain, termsHash, ceilingAtomic }: Pick<SealedAuction, 'domain' | 'termsHash' | 'ceilingAtomic'>,
  quote: SignedQuote,
): BidRefusal | undefined {
  if (quote.termsHash !== termsHash) return 'other-terms'
  if (quote.priceAtomic > ceilingAtomic || quote.priceAtomic === 0n) return 'above-ceiling'
  return verifyQuote(domain, quote) ? undefined : 'not-signed'
}
