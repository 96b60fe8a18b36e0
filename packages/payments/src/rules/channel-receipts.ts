/** What a payer checks of the receipts a payee shows for a channel: they must be one unbroken bill (specs/0005-money.md section 4). */
import { type Hex, zeroHash } from '@koinon/base'
import { type Receipt, receiptType } from '@koinon/work'

export type ChannelParties = {
  readonly chainId: number
  readonly channelId: Hex
  readonly payer: Hex
  readonly payee: Hex
}

/**
 * Why receipts, newest first, are not the end of one channel's bill, or undefined. Each states as owed exactly what the next older one
 * states plus its own amount; receipts of one session key that follow each other are linked by hash. `cumulativePicoUsd` is what the
 * newest must state, undefined on the first page.
 */
export function channelReceiptsObjection(
  receipts: readonly Receipt[],
  parties: ChannelParties,
  cumulativePicoUsd?: bigint,
): string | undefined {
  let expected = cumulativePicoUsd
  for (const [index, receipt] of receipts.entries()) {
    const name = `the receipt ${receipt.requestId}`
    if (receipt.chainId !== parties.chainId || receipt.channelId !== parties.channelId)
      return `${name} is of another channel`
    if (receipt.payer !== parties.payer || receipt.payee !== parties.payee) return `${name} names other parties`
    if (expected !== undefined && receipt.cumulativePicoUsd !== expected) return `${name} does not continue the bill`
    if (receipt.cumulativePicoUsd < receipt.amountPicoUsd) return `${name} states less owed than it costs`
    if ((receipt.sequence === 0) !== (receipt.previousReceipt === zeroHash)) return `${name} begins no session`
    const newer = receipts[index - 1]
    if (newer !== undefined && !isLinked(newer, receipt)) return `${name} is not linked to the next one`
    expected = receipt.cumulativePicoUsd - receipt.amountPicoUsd
  }
  return undefined
}

/** Receipts of other payers may stand between two of ours; then only the order can be checked. */
function isLinked(newer: Receipt, older: Receipt): boolean {
  if (newer.sessionKey !== older.sessionKey) return true
  if (newer.sequence !== older.sequence + 1) return newer.sequence > older.sequence
  return newer.previousReceipt === receiptType.hash(older)
}
