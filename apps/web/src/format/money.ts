import { dollarDecimals, formatUnits, tokenDecimals } from '@koinon/base'

/** Decimals of a pico-dollar amount. */
const picoDecimals = 12

/** Digits kept after the first non-zero one, so that the price of one answer never reads as zero. */
const significantDigits = 3

/** `$0.0000118` from pico-dollars: grouped whole dollars, at least two decimals, rounded half up to three digits when below a cent. */
export function formatPicoUsd(picoUsd: bigint): string {
  return formatDollars(picoUsd, picoDecimals)
}

/** `$12.50` from atomic dollar units (1e-6). */
export function formatDollarAtomic(atomic: bigint): string {
  return formatDollars(atomic, dollarDecimals)
}

/** `$2.995` from atomic dollar units (1e-6): every digit, at least two decimals. */
export function formatDollarExact(atomic: bigint): string {
  const isNegative = atomic < 0n
  const [whole = '0', fraction = ''] = formatUnits(isNegative ? -atomic : atomic, dollarDecimals).split('.')
  return `${isNegative ? '-' : ''}$${groupThousands(whole)}.${fraction.padEnd(2, '0')}`
}

/** `1,234.567 KOIN` from atomic network-token units (1e-18), at most four decimals; what is less shows as `< 0.0001 KOIN`. */
export function formatTokenAtomic(atomic: bigint, symbol = 'KOIN'): string {
  const shownDecimals = 4
  const scale = 10n ** BigInt(tokenDecimals - shownDecimals)
  if (atomic > 0n && atomic < scale) return `< 0.0001 ${symbol}`
  return `${groupThousands(formatUnits(atomic / scale, shownDecimals))} ${symbol}`
}

/** Price of a million tokens in dollars, the unit people compare models in. */
export function formatPricePerMillion(picoUsdPerToken: bigint): string {
  return `${formatPicoUsd(picoUsdPerToken * 1_000_000n)} per million`
}

/** Reads an amount of JSON; anything that is not a decimal integer string counts as absent. */
export function readAmount(text: string | undefined): bigint | undefined {
  return text !== undefined && /^-?[0-9]{1,78}$/.test(text) ? BigInt(text) : undefined
}

function formatDollars(amount: bigint, decimals: number): string {
  if (amount < 0n) return `-${formatDollars(-amount, decimals)}`
  const places = decimalPlaces(amount, decimals)
  const divisor = 10n ** BigInt(decimals - places)
  const rounded = (amount + divisor / 2n) / divisor
  const text = formatUnits(rounded, places)
  const [whole = '0', fraction = ''] = text.split('.')
  return `$${groupThousands(whole)}.${fraction.padEnd(2, '0')}`
}

function decimalPlaces(amount: bigint, decimals: number): number {
  if (amount === 0n || amount >= 10n ** BigInt(decimals - 2)) return 2
  const leadingZeros = decimals - amount.toString().length
  return Math.min(decimals, leadingZeros + significantDigits)
}

function groupThousands(text: string): string {
  const [whole = '0', fraction] = text.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}
