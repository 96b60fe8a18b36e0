/** A payer's side of a channel: what it signs next, and what it believes of a seller (specs/0022-machine-payments.md section 8). */
import { type Hex, KoinonError } from '@koinon/base'
import type { ChannelConfig, EscrowDomain } from './channel.ts'
import type { SignedDeposit } from './terms.ts'

/** Amounts in atomic units. */
export type PayerChannel = {
  readonly channelId: Hex
  readonly config: ChannelConfig
  readonly domain: EscrowDomain
  /** What lies in it as far as known, what was claimed included. */
  readonly depositAtomic: bigint
  /** Charges that this payer agrees with. */
  readonly owedAtomic: bigint
  /** What ended calls count against the limits: no more is owed than that and the worst cases of calls without outcome. */
  readonly countedAtomic: bigint
  /** The highest voucher ever signed: all that the receiver can ever claim. */
  readonly signedAtomic: bigint
  /** Deposits that were signed and may or may not be collected yet. */
  readonly openDeposits: readonly SignedDeposit[]
  /** The seller takes one call at a time. */
  readonly isSerial: boolean
  /** The seller lied, or money is on its way back: nothing more is signed. */
  readonly isClosed: boolean
  readonly lastUsedMs: number
}

/** What a seller says of a channel, in a receipt or in a 402 that corrects a payer. */
export type StatedChannel = {
  readonly channelId: Hex
  readonly depositAtomic?: bigint
  readonly owedAtomic: bigint
  /** Its highest voucher and the signature; both or none. */
  readonly signedAtomic?: bigint
  readonly signature?: Hex
}

/** A channel in which nothing lies and nothing was signed. */
export function emptyChannel(
  channelId: Hex,
  config: ChannelConfig,
  domain: EscrowDomain,
  lastUsedMs: number,
): PayerChannel {
  return {
    channelId,
    config,
    domain,
    depositAtomic: 0n,
    owedAtomic: 0n,
    countedAtomic: 0n,
    signedAtomic: 0n,
    openDeposits: [],
    isSerial: false,
    isClosed: false,
    lastUsedMs,
  }
}

/** The voucher for a call of `maximumAtomic` beside the worst cases of calls under way. Calls given up do not count: their vouchers are no higher. */
export function payerVoucherAtomic(
  channel: PayerChannel,
  underWayAtomic: readonly bigint[],
  maximumAtomic: bigint,
): bigint {
  return underWayAtomic.reduce((sum, each) => sum + each, channel.owedAtomic) + maximumAtomic
}

/** Atomic units in a channel that are not owed, deposits under way included: what its payer has lent its seller. */
export function lentAtomic(channel: PayerChannel): bigint {
  const comingAtomic = channel.openDeposits.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n)
  const lent = channel.depositAtomic + comingAtomic - channel.owedAtomic
  return lent > 0n ? lent : 0n
}

const callsOfFirstDeposit = 20n

/**
 * What a channel lacks for a voucher of `voucherAtomic`; of one that was never charged also for `leastDepositAtomic`, under which its seller
 * serves no new channel. Never negative.
 */
export function missingAtomic(channel: PayerChannel, voucherAtomic: bigint, leastDepositAtomic: bigint): bigint {
  const isNew = channel.owedAtomic === 0n
  const wantedAtomic = isNew && leastDepositAtomic > voucherAtomic ? leastDepositAtomic : voucherAtomic
  return wantedAtomic > channel.depositAtomic ? wantedAtomic - channel.depositAtomic : 0n
}

/**
 * How much to deposit so that `shortAtomic` comes in: as much again as was ever owed, at least twenty calls and the seller's
 * minimum, so that deposits get rarer with use; not more than `roomAtomic`. 0 when nothing is missing. Undefined when even that is too much.
 */
export function nextDepositAtomic(
  channel: PayerChannel,
  shortAtomic: bigint,
  maximumAtomic: bigint,
  minimumAtomic: bigint,
  roomAtomic: bigint,
): bigint | undefined {
  if (shortAtomic <= 0n) return 0n
  if (shortAtomic > roomAtomic) return undefined
  const wished = [shortAtomic, maximumAtomic * callsOfFirstDeposit, minimumAtomic, channel.owedAtomic].reduce((a, b) =>
    a > b ? a : b,
  )
  return wished < roomAtomic ? wished : roomAtomic
}

/**
 * The channel after a seller stated its books in a 402. `isOurs` says whether the payerAuthorizer signed the stated voucher; `openAtomic` are the
 * worst cases of all calls whose outcome is not known. Throws `payments/seller-overclaims`.
 */
export function correctedChannel(
  channel: PayerChannel,
  stated: StatedChannel,
  openAtomic: bigint,
  isOurs: boolean,
): PayerChannel {
  const { owedAtomic, signedAtomic = 0n } = stated
  if (stated.channelId !== channel.channelId) throw overclaims('it spoke of another channel')
  if (owedAtomic <= channel.owedAtomic && signedAtomic <= channel.signedAtomic && !isOurs) {
    // Less than we know to owe cannot hurt us.
    return { ...channel, owedAtomic }
  }
  if (!isOurs) throw overclaims('the voucher it showed was not signed by this payer')
  if (owedAtomic > signedAtomic) throw overclaims('it claims more than the voucher it showed')
  if (signedAtomic <= channel.signedAtomic && owedAtomic > knownAtomic(channel) + openAtomic) {
    throw overclaims('it claims more than the calls under way may cost')
  }
  return {
    ...channel,
    owedAtomic,
    // Higher than our records only when they are older than the truth: the signature says so.
    signedAtomic: signedAtomic > channel.signedAtomic ? signedAtomic : channel.signedAtomic,
  }
}

/**
 * The channel after a call was charged, which counts nothing before it has ended; `othersAtomic` are the worst cases of all other calls without
 * outcome. A seller that states a charge of nothing takes nothing. Throws `payments/seller-overclaims`.
 */
export function chargedChannel(
  channel: PayerChannel,
  chargedAtomic: bigint,
  maximumAtomic: bigint,
  othersAtomic: bigint,
  statedOwedAtomic?: bigint,
): PayerChannel {
  if (chargedAtomic < 0n || chargedAtomic > maximumAtomic) throw overclaims('the receipt charges more than the price')
  const owedAtomic = statedOwedAtomic ?? channel.owedAtomic + chargedAtomic
  if (owedAtomic > channel.signedAtomic) throw overclaims('the receipt claims more than was signed')
  const mostAtomic = channel.countedAtomic + chargedAtomic + othersAtomic
  if (owedAtomic > mostAtomic)
    throw overclaims('the receipt claims more than it charges and the calls under way may cost')
  // What other calls explained a moment ago is no longer owed when they ended for nothing.
  const nextAtomic = owedAtomic > channel.owedAtomic ? owedAtomic : channel.owedAtomic
  return { ...channel, owedAtomic: nextAtomic < mostAtomic ? nextAtomic : mostAtomic }
}

/** What is owed and what ended calls count, whichever is more: a seller's books may go down for a while and up again. */
export function knownAtomic({ owedAtomic, countedAtomic }: PayerChannel): bigint {
  return owedAtomic > countedAtomic ? owedAtomic : countedAtomic
}

function overclaims(how: string): KoinonError {
  return new KoinonError({
    code: 'payments/seller-overclaims',
    message: `The seller's books do not follow from what this payer signed: ${how}`,
    hint: 'Nothing more is signed on this channel; take back what is left of it.',
  })
}
