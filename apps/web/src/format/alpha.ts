import { tokenDecimals } from '@koinon/base'
import { formatTokenAtomic, readAmount } from './money.ts'

const one = 10n ** BigInt(tokenDecimals)

/** `12.5 alpha`. */
export function formatAlphaAtomic(atomic: bigint): string {
  return formatTokenAtomic(atomic, 'alpha')
}

/** KOIN that alpha is worth at a price in parts of 1e18. */
export function worthAtPrice(priceWad: bigint, alpha: bigint): bigint {
  return (alpha * priceWad) / one
}

/** A price of one alpha, with four digits from the first that is not zero: `0.05 KOIN`, `0.00001234 KOIN`; a millionth at least. */
export function formatPrice(priceWad: string): string {
  const price = readAmount(priceWad) ?? 0n
  if (price > 0n && price < one / 1_000_000n) return 'less than 0.000001 KOIN'
  const digits = 4
  const places = price >= one ? tokenDecimals - digits : Math.max(0, price.toString().length - digits)
  const rounded = price - (price % 10n ** BigInt(places))
  const text = `${rounded / one}.${(rounded % one).toString().padStart(tokenDecimals, '0')}`
  return `${text.replace(/\.?0+$/, '')} KOIN`
}

/** What is said wherever a worth stands. */
export const worthSentence =
  'Worth is amount times price of the moment. Selling moves the price, so a sale brings less than that.'
