/** Auctions of jobs over signed quotes (specs/0024-jobs.md section 6): what wins can be funded as it stands. */
import { bytes32Word, bytesToHex, concatBytes, type Hex, KoinonError, keccak256 } from '@koinon/base'
import { chooseQuote, quoteDigest, type SettlementDomain, type SignedQuote, verifyQuote } from '@koinon/work'

/** An open auction downwards. Times are Unix seconds. */
export type ReverseAuction = {
  readonly domain: SettlementDomain
  readonly termsHash: Hex
  readonly ceilingAtomic: bigint
  /** A bid must be this much below the best one. */
  readonly decrementAtomic: bigint
  readonly closesAtSeconds: number
  /** A bid within so many seconds of the close moves the close to so many seconds after it... */
  readonly extensionSeconds: number
  /** ...but never beyond this. */
  readonly lastCloseSeconds: number
}

export type ReverseAuctionState = { readonly best: SignedQuote | undefined; readonly closesAtSeconds: number }
export type BidRefusal = 'closed' | 'other-terms' | 'not-signed' | 'above-ceiling' | 'not-lower' | 'expires-too-soon'

/** An auction without bids. */
export function openReverseAuction({ closesAtSeconds }: ReverseAuction): ReverseAuctionState {
  return { best: undefined, closesAtSeconds }
}

/** The auction after a bid that came at `atSeconds`, or why it does not count. Of two bids in one second the first that came counts. */
export function placeBid(
  auction: ReverseAuction,
  state: ReverseAuctionState,
  bid: SignedQuote,
  atSeconds: number,
): ReverseAuctionState | BidRefusal {
  if (atSeconds >= state.closesAtSeconds) return 'closed'
  const refusal = refusalOf(auction, bid)
  if (refusal !== undefined) return refusal
  if (bid.deadlineSeconds < auction.lastCloseSeconds) return 'expires-too-soon'
  if (state.best !== undefined && bid.priceAtomic + auction.decrementAtomic > state.best.priceAtomic) return 'not-lower'
  const isLate = state.closesAtSeconds - atSeconds < auction.extensionSeconds
  const extended = Math.min(atSeconds + auction.extensionSeconds, auction.lastCloseSeconds)
  return { best: bid, closesAtSeconds: isLate ? Math.max(extended, state.closesAtSeconds) : state.closesAtSeconds }
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
 * The winner, or undefined. A reveal counts when it was committed to in time, came in time, names these terms, is signed and within the
 * ceiling, and is good at least until the end of the reveals. The cheapest wins at its own price; `chooseQuote` breaks ties. Of
 * several bids of one provider all count. Throws `agents/auction-open` before the reveals are over: nobody looks earlier.
 */
export function decideSealedAuction(
  auction: SealedAuction,
  sealed: readonly SealedBid[],
  revealed: readonly RevealedBid[],
  atSeconds: number,
): SignedQuote | undefined {
  if (atSeconds < auction.revealEndsAtSeconds) {
    throw new KoinonError({ code: 'agents/auction-open', message: 'Bids of this auction may still be revealed' })
  }
  const committed = new Set(
    sealed.filter((bid) => bid.atSeconds < auction.commitEndsAtSeconds).map(({ commitment }) => commitment),
  )
  const valid = revealed.filter(
    ({ quote, salt, atSeconds: revealedAt }) =>
      revealedAt >= auction.commitEndsAtSeconds &&
      revealedAt < auction.revealEndsAtSeconds &&
      refusalOf(auction, quote) === undefined &&
      committed.has(bidCommitment(auction.domain, quote, salt)),
  )
  return chooseQuote(
    valid.map(({ quote }) => quote),
    { domain: auction.domain, ceilingAtomic: auction.ceilingAtomic, atSeconds: auction.revealEndsAtSeconds },
  )
}

function refusalOf(
  { domain, termsHash, ceilingAtomic }: Pick<SealedAuction, 'domain' | 'termsHash' | 'ceilingAtomic'>,
  quote: SignedQuote,
): BidRefusal | undefined {
  if (quote.termsHash !== termsHash) return 'other-terms'
  if (quote.priceAtomic > ceilingAtomic || quote.priceAtomic === 0n) return 'above-ceiling'
  return verifyQuote(domain, quote) ? undefined : 'not-signed'
}
