/** What a channel may still take on: pure arithmetic of specs/0005-money.md section 3. Amounts in pico-dollars unless named atomic. */
import { atomicToPicoUsd, picoUsdToAtomic } from '@koinon/base'

/** `withdrawing`: the payer asked for its money back; only what is owed is claimed. `closed`: the escrow holds nothing. */
export type ChannelStatus = 'open' | 'withdrawing' | 'closed'

/** The part of a channel's state that decides. `depositAtomic` counts everything ever deposited less what went back to the payer. */
export type ChannelAccount = {
  readonly depositAtomic: bigint
  /** Already paid out on the ledger, part of what was owed. */
  readonly claimedAtomic: bigint
  /** Everything owed in the channel's life. */
  readonly owedPicoUsd: bigint
  /** Worst cases of answers under way. */
  readonly reservedPicoUsd: bigint
  /** Highest voucher held. */
  readonly voucherAtomic: bigint
  /** How far owed and reserved of all the payer's channels together may run ahead of their vouchers. */
  readonly creditLimitPicoUsd: bigint
  readonly status: ChannelStatus
}

/** For channels whose vouchers we sign ourselves at the moment of debt: only the deposit limits them. */
export const unlimitedCreditPicoUsd = (1n << 128n) - 1n

/** Worst case of a request that is priced by tokens: its prompt bound and all the output it allows. */
export function worstCasePicoUsd(request: {
  readonly promptTokens: number
  readonly maxTokens: number
  readonly promptPricePicoUsdPerToken: bigint
  readonly outputPricePicoUsdPerToken: bigint
}): bigint {
  return (
    BigInt(request.promptTokens) * request.promptPricePicoUsdPerToken +
    BigInt(request.maxTokens) * request.outputPricePicoUsdPerToken
  )
}

/** What the deposit can still cover beyond debts and reservations; never negative. */
export function availablePicoUsd(account: ChannelAccount): bigint {
  const left = atomicToPicoUsd(account.depositAtomic) - account.owedPicoUsd - account.reservedPicoUsd
  return left > 0n ? left : 0n
}

/** Owed and reserved beyond the voucher; what the payee loses if the payer vanishes now. Never negative. */
export function unsecuredPicoUsd(account: ChannelAccount): bigint {
  const open = account.owedPicoUsd + account.reservedPicoUsd - atomicToPicoUsd(account.voucherAtomic)
  return open > 0n ? open : 0n
}

/** Why a reservation is refused. */
export type AdmissionRefusal = 'channel-closing' | 'channel-empty' | 'credit-exhausted'

/**
 * Decides on one more answer of at most `maximumPicoUsd`; `unsecuredOfPayer` is that of all the payer's channels together. A payer
 * within the credit limit may start one answer that leads beyond it, so that a worst case larger than the limit is servable; the
 * payee's loss to one payer is bounded by the limit plus one worst case.
 */
export function admissionRefusal(
  account: ChannelAccount,
  maximumPicoUsd: bigint,
  unsecuredOfPayer: bigint,
): AdmissionRefusal | undefined {
  if (account.status === 'withdrawing') return 'channel-closing'
  if (account.status === 'closed' || maximumPicoUsd > availablePicoUsd(account)) return 'channel-empty'
  if (unsecuredOfPayer > account.creditLimitPicoUsd) return 'credit-exhausted'
  return undefined
}

/** The voucher that covers a debt: whole atomic units, rounded down, so nobody signs for more than is owed. */
export function voucherFor(owedPicoUsd: bigint): bigint {
  return picoUsdToAtomic(owedPicoUsd)
}

/** The voucher a payer of a channel with a credit limit should have delivered for the next answer to be admitted. */
export function voucherDue(account: ChannelAccount): bigint {
  const due = voucherFor(account.owedPicoUsd)
  return due > account.voucherAtomic ? due : account.voucherAtomic
}
