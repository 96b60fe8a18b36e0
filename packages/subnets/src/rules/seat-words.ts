/** Numbers of seats and validators in an epoch's result, in words of 32 bytes (specs/0015-disputes.md section 1). */
import { type Address, bytesToHex, type Hex, integerWord, KoinonError, toAddress } from '@koinon/base'

/** Shares are parts of 2^32. */
export type SeatNumbers = {
  /** Epochs since the one in which the holder took the seat, at most 255. */
  readonly tenure: number
  readonly consensus: bigint
  /** By which the miners' part of the emission is divided. */
  readonly rank: bigint
  /** By which the dividends are divided. */
  readonly dividend: bigint
  /** What the aggregator keeps of the seat, below 2^128. */
  readonly own: bigint
}

/** Alpha paid to the holder of a seat since it took it, atomic units (1e-18). */
export type AmountNumbers = { readonly mined: bigint; readonly dividends: bigint }

/** Longest tenure that is told apart, in epochs. */
export const maximumTenure = 255
/** A row stands in for missing ones during so many epochs. */
export const maximumRowAge = 8
/** The age of no row. */
export const noRow = 255

const shareBits = 40n
const [tenureShift, consensusShift, rankShift, dividendShift] = [248n, 208n, 168n, 128n]
const amountBits = 128n
const mask = (bits: bigint): bigint => (1n << bits) - 1n

/** Of a seat's word: tenure, consensus and the aggregator's own part, which every known aggregator gives a column alone. */
export const columnBits = (mask(8n) << tenureShift) | (mask(shareBits) << consensusShift) | mask(dividendShift)
export const rankBits = mask(shareBits) << rankShift
export const dividendBits = mask(shareBits) << dividendShift
export const wholeWord = mask(256n)

/** Packs a seat's numbers; a free seat's word is zero. Throws `subnets/out-of-range`. */
export function seatWord(numbers: Omit<SeatNumbers, 'own'> & Partial<Pick<SeatNumbers, 'own'>>): Hex {
  const { tenure, consensus, rank, dividend, own = 0n } = numbers
  const fits = [consensus, rank, dividend].every((share) => share >= 0n && share <= mask(shareBits))
  const isOwnFitting = own >= 0n && own <= mask(dividendShift)
  if (!fits || !isOwnFitting || tenure < 0 || tenure > maximumTenure) throw outOfRange("A seat's numbers")
  const word =
    (BigInt(tenure) << tenureShift) |
    (consensus << consensusShift) |
    (rank << rankShift) |
    (dividend << dividendShift) |
    own
  return bytesToHex(integerWord(word))
}

/** Reads a seat's word. */
export function parseSeatWord(word: Hex): SeatNumbers {
  const value = BigInt(word)
  return {
    tenure: Number(value >> tenureShift),
    consensus: (value >> consensusShift) & mask(shareBits),
    rank: (value >> rankShift) & mask(shareBits),
    dividend: (value >> dividendShift) & mask(shareBits),
    own: value & mask(dividendShift),
  }
}

/**
 * Packs what a seat was paid; a free seat's word is zero. A sum on top of what a wrong result said stops at the most that fits, as on the
 * ledger. Throws `subnets/out-of-range`.
 */
export function amountWord({ mined, dividends }: AmountNumbers): Hex {
  if (mined < 0n || dividends < 0n) throw outOfRange("A seat's amounts")
  const fitting = (amount: bigint): bigint => (amount > mask(amountBits) ? mask(amountBits) : amount)
  return bytesToHex(integerWord((fitting(mined) << amountBits) | fitting(dividends)))
}

/** Reads a seat's amounts. */
export function parseAmountWord(word: Hex): AmountNumbers {
  const value = BigInt(word)
  return { mined: value >> amountBits, dividends: value & mask(amountBits) }
}

/** `age`: epochs since the row that counts for it was made, {@link noRow} for none. `stake`: permitted, atomic units. */
export type ValidatorNumbers = { readonly hotkey: Address; readonly age: number; readonly stake: bigint }

/** Packs address, uint8 age, uint88 stake. Throws `subnets/out-of-range`. */
export function validatorWord({ hotkey, age, stake }: ValidatorNumbers): Hex {
  if (stake < 0n || stake > mask(88n) || age < 0 || age > 255) throw outOfRange("A validator's numbers")
  return bytesToHex(integerWord((BigInt(hotkey) << 96n) | (BigInt(age) << 88n) | stake))
}

/** Reads a validator's word. */
export function parseValidatorWord(word: Hex): ValidatorNumbers {
  const low = BigInt(`0x${word.slice(42)}`)
  return { hotkey: toAddress(word.slice(0, 42)), age: Number(low >> 88n), stake: low & mask(88n) }
}

/** What a row weighs: the stake, halved for each epoch of age; nothing without a row. */
export function voteOf({ age, stake }: Pick<ValidatorNumbers, 'age' | 'stake'>): bigint {
  return age === noRow ? 0n : stake >> BigInt(age)
}

/** Epochs since the one in which a seat was taken, at most 255. Seconds of the ledger. */
export function tenureOf(
  sinceSeconds: number,
  { startsAtSeconds, epochSeconds }: { readonly startsAtSeconds: number; readonly epochSeconds: number },
): number {
  return Math.min(maximumTenure, Math.max(0, Math.ceil((startsAtSeconds - sinceSeconds) / epochSeconds)))
}

function outOfRange(what: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message: `${what} do not fit into their word` })
}
