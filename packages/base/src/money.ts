import { KoinonError } from './errors.ts'

/**
 * Amounts owed are counted in pico-dollars (1e-12 of a dollar) because one token of a small model costs less than the 1e-6
 * that the dollar token can carry. Vouchers and balances are in atomic units (1e-6 dollar): pico / 1e6, rounded DOWN, so nobody
 * ever signs for more than is owed; at most one atomic unit per channel stays unpaid.
 */
export const picoUsdPerAtomic = 1_000_000n

/** Decimals of the dollar token. */
export const dollarDecimals = 6

/** Decimals of a dollar in pico-dollars. */
export const picoUsdDecimals = 12

/** Decimals of the network token. */
export const tokenDecimals = 18

/** Whole atomic units in an amount of pico-dollars, rounded down. */
export function picoUsdToAtomic(picoUsd: bigint): bigint {
  return picoUsd / picoUsdPerAtomic
}

/** The least whole number of atomic units that covers an amount of pico-dollars; what is below zero counts as nothing. */
export function picoUsdToAtomicUp(picoUsd: bigint): bigint {
  return picoUsd > 0n ? (picoUsd + picoUsdPerAtomic - 1n) / picoUsdPerAtomic : 0n
}

/** Atomic units as pico-dollars. */
export function atomicToPicoUsd(atomic: bigint): bigint {
  return atomic * picoUsdPerAtomic
}

/** Exact decimal text of an integer amount, without trailing zeros: `formatUnits(1500000n, 6)` is `1.5`. */
export function formatUnits(amount: bigint, decimals: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = decimals === 0 ? '' : digits.slice(-decimals).replace(/0+$/, '')
  return `${amount < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Decimals that people are shown of KOIN and alpha. */
const shownDecimals = 6

/**
 * KOIN, alpha or native money (1e-18) as people read it: at most six decimals, the rest cut off, without trailing zeros; what is more than nothing and
 * would show as nothing is `less than 0.000001`. For exact text and other tokens: `formatUnits`.
 */
export function formatAmount(amount: bigint): string {
  const shown = amount / 10n ** BigInt(tokenDecimals - shownDecimals)
  return amount > 0n && shown === 0n ? 'less than 0.000001' : formatUnits(shown, shownDecimals)
}

/** Integer amount of a decimal text. Throws `base/bad-amount` on signs, exponents or more than `decimals` places. */
export function parseUnits(text: string, decimals: number): bigint {
  const match = /^([0-9]{1,60})(?:\.([0-9]+))?$/.exec(text.trim())
  const fraction = match?.[2] ?? ''
  if (match === null || fraction.length > decimals) {
    throw new KoinonError({
      code: 'base/bad-amount',
      message: `"${text.slice(0, 40)}" is not an amount`,
      hint: `Write a plain decimal number with at most ${decimals} places, for example 1.5.`,
    })
  }
  return BigInt(`${match[1]}${fraction.padEnd(decimals, '0')}`)
}
