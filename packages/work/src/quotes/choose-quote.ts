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
  const fit = quotes.filter(
    ({ priceAtomic, deadlineSeconds }) =>
      priceAtomic > 0n &&
      (choice.ceilingAtomic === undefined || priceAtomic <= choice.ceilingAtomic) &&
      deadlineSeconds >= choice.atSeconds,
  )
  const lowest = fit.reduce<bigint | undefined>(
    (best, { priceAtomic }) => (best === undefined || priceAtomic < best ? priceAtomic : best),
    undefined,
  )
  const tied = fit.filter(({ priceAtomic }) => priceAtomic === lowest)
  const digests = tied.map((quote) => bytesToHex(quoteDigest(choice.domain, quote)))
  const breaks = tieBreaks(digests)
  const first = breaks.reduce((best, value, index) => (value < (breaks[best] as Hex) ? index : best), 0)
  return tied[first]
}

/** All that may be chosen, in the order of {@link chooseQuote}: the next is chosen from what those before it leave. */
export function rankQuotes(quotes: readonly SignedQuote[], choice: QuoteChoice): readonly SignedQuote[] {
  const ranked: SignedQuote[] = []
  for (let rest = quotes; rest.length > 0; ) {
    const next = chooseQuote(rest, choice)
    if (next === undefined) break
    ranked.push(next)
    rest = rest.filter((quote) => quote !== next)
  }
  return ranked
}

/** For each digest Keccak(Keccak(all digests, ascending, each once) || digest): the least wins. */
export function tieBreaks(digests: readonly Hex[]): readonly Hex[] {
  const all = [...new Set(digests)].sort()
  const seed = keccak256(concatBytes(...all.map(hexToBytes)))
  return digests.map((digest) => bytesToHex(keccak256(concatBytes(seed, hexToBytes(digest)))))
}
