import { type Address, type Hex, KoinonError } from '@koinon/base'
import type { Receipt } from '@koinon/work'
import type { ChannelBook } from './channel-book.ts'
import type { FinalAnswer } from './receipt-types.ts'

/** SQLite's integers end here: 9.2 million dollars for one answer. */
const maximumAmountPicoUsd = (1n << 63n) - 1n

/**
 * Checks an answer before it may become final. Throws `payments/bad-answer` (a mistake of the caller or a lying upstream),
 * `payments/channel-unknown`, or `payments/over-reservation` when it costs more than was admitted.
 */
export function checkAnswer(answer: FinalAnswer, book: ChannelBook, payee: Address): void {
  checkFields(answer)
  const channel = book.require(answer.channelId)
  if (channel.role === 'outbound' || channel.config.receiver !== payee)
    throw bad('its channel does not pay this account')
  if (channel.config.payer !== answer.payer) throw bad('the channel belongs to another payer')
  const signer = answer.voucherSigner
  if (signer !== undefined && signer.address !== channel.config.payerAuthorizer) {
    throw bad("the voucher signer is not the channel's authorizer")
  }
  checkAmount(answer.amountPicoUsd, answer.reservation, answer.channelId, book)
  if (answer.upstream !== undefined) checkUpstream(answer, answer.upstream, book, payee)
}

function checkFields(answer: FinalAnswer): void {
  if (!/^0x[0-9a-f]{32}$/.test(answer.requestId)) throw bad('its request id is not 16 bytes of hex')
  for (const hash of [answer.requestHash, answer.responseHash, answer.workHash, answer.attestation]) {
    if (hash !== undefined && !/^0x[0-9a-f]{64}$/.test(hash)) throw bad('a hash is not 32 bytes of hex')
  }
  if (!Number.isInteger(answer.rung) || answer.rung < 0 || answer.rung > 4) throw bad('its rung is not 0 to 4')
  const { receivedAtMs, firstByteAtMs, endedAtMs } = answer.times
  const isOrdered = receivedAtMs <= firstByteAtMs && firstByteAtMs <= endedAtMs
  if (![receivedAtMs, firstByteAtMs, endedAtMs].every(isTime) || !isOrdered) throw bad('its times are not in order')
}

function isTime(timeMs: number): boolean {
  return Number.isSafeInteger(timeMs) && timeMs >= 0
}

function checkAmount(amount: bigint, reservation: FinalAnswer['reservation'], channelId: Hex, book: ChannelBook): void {
  if (amount < 0n || amount > maximumAmountPicoUsd) throw bad('its amount is out of range')
  if (reservation.channelId !== channelId || !book.isHeld(reservation)) throw bad('its reservation is not held')
  if (amount > reservation.maximumPicoUsd) {
    throw new KoinonError({
      code: 'payments/over-reservation',
      message: `The answer costs ${amount} pico-dollars and only ${reservation.maximumPicoUsd} were admitted`,
      details: { amountPicoUsd: amount.toString(), maximumPicoUsd: reservation.maximumPicoUsd.toString() },
    })
  }
}

function checkUpstream(
  answer: FinalAnswer,
  upstream: NonNullable<FinalAnswer['upstream']>,
  book: ChannelBook,
  payee: Address,
): void {
  const { receipt } = upstream
  checkUpstreamChannel(receipt, book, payee)
  const isSameAnswer =
    receipt.requestId === answer.requestId &&
    receipt.payer === payee &&
    receipt.requestHash === answer.requestHash &&
    receipt.responseHash === answer.responseHash
  if (!isSameAnswer) throw bad('the upstream receipt is for another answer')
  const owed = answer.upstreamOwedPicoUsd ?? receipt.amountPicoUsd
  if (owed > receipt.amountPicoUsd) throw bad('more would be owed upstream than its receipt asks')
  if (answer.upstreamReservation !== undefined) {
    checkAmount(owed, answer.upstreamReservation, receipt.channelId, book)
  } else if (owed < 0n || owed > maximumAmountPicoUsd) throw bad('its upstream amount is out of range')
}

/** Checks a debt that stands alone: our channel to its payee, an amount that can be stored. Throws as `checkAnswer`. */
export function checkDebt(receipt: Receipt, book: ChannelBook, payee: Address): void {
  checkUpstreamChannel(receipt, book, payee)
  if (receipt.payer !== payee) throw bad('the receipt names another payer')
  if (receipt.amountPicoUsd > maximumAmountPicoUsd) throw bad('its amount is out of range')
}

function checkUpstreamChannel(receipt: Receipt, book: ChannelBook, payee: Address): void {
  const channel = book.require(receipt.channelId)
  if (channel.role !== 'outbound' || channel.config.receiver !== receipt.payee || channel.config.payer !== payee) {
    throw bad('the upstream receipt names a channel that is not ours to its payee')
  }
}

function bad(problem: string): KoinonError {
  return new KoinonError({ code: 'payments/bad-answer', message: `The answer cannot become final: ${problem}` })
}
