import { bytesToHex, concatBytes, type Hex, hexToBytes, keccak256 } from '@koinon/base'
import { quoteDigest, type SettlementDomain, type SignedQuote } from './quote.ts'

export type QuoteChoice = {
  readonly domain: SettlementDomain
  /** Left out, no price is too high. */
  readonly ceilingAtomic?: bigint
  /** Unix seconds at which the choice is made: quotes must still be good then. */
  readonly atSeconds: number
}

/**
 * The cheapest quote that is within the ceiling and still good, or undefined. Equal prices are told apart by the hash of all that tie
 * ({@link tieBreaks}): whoever looks at the same quotes chooses the same one, and nobody knows before the others have quoted who that is.
 */
export function chooseQuote<quote extends SignedQuote>(
  quotes: readonly quote[],
  choice: QuoteChoice,
): quote | undefined {
  const fit = fittingQuotes(quotes, choice)
  const lowest = fit.reduce<bigint | undefined>(
    (best, { priceAtomic }) => (best === undefined || priceAtomic < best ? priceAtomic : best),
    undefined,
  )
  const tied = fit.filter(({ priceAtomic }) => priceAtomic === lowest)
  return inTieOrder(tied, choice.domain)[0]
}

/** All that {@link chooseQuote} would look at, its choice first. Each is hashed once: strangers make these lists long. */
export function rankQuotes<quote extends SignedQuote>(quotes: readonly quote[], choice: QuoteChoice): readonly quote[] {
  const byPrice = Map.groupBy(fittingQuotes(quotes, choice), ({ priceAtomic }) => priceAtomic)
  return [...byPrice]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, tied]) => (tied.length === 1 ? tied : inTieOrder(tied, choice.domain)))
}

/** Those within the ceiling and still good, in the order in which they came. */
export function fittingQuotes<quote extends SignedQuote>(
  quotes: readonly quote[],
  choice: QuoteChoice,
): readonly quote[] {
  return quotes.filter(
    ({ priceAtomic, deadlineSeconds }) =>
      priceAtomic > 0n &&
      (choice.ceilingAtomic === undefined || priceAtomic <= choice.ceilingAtomic) &&
      deadlineSeconds >= choice.atSeconds,
  )
}

function inTieOrder<quote extends SignedQuote>(tied: readonly quote[], domain: SettlementDomain): readonly quote[] {
  const breaks = tieBreaks(tied.map((quote) => bytesToHex(quoteDigest(domain, quote))))
  return tied
    .map((quote, place) => ({ quote, hash: breaks[place] as Hex }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .map(({ quote }) => quote)
}

/** For each digest Keccak(Keccak(all digests, ascending, each once) || digest): the least wins. */
export function tieBreaks(digests: readonly Hex[]): readonly Hex[] {
  const all = [...new Set(digests)].sort()
  const seed = keccak256(concatBytes(...all.map(hexToBytes)))
  return digests.map((digest) => bytesToHex(keccak256(concatBytes(seed, hexToBytes(digest)))))
}
