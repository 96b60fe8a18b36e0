/** Whether the money of a payment is where its receipt says, by the ledger. */
import { type Address, type Hex, isKoinonError, picoUsdToAtomicUp, toAddress } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi } from '@koinon/ledger/abis'
import { type Check, checkThat, notChecked, pass, type Receipt } from '@koinon/work'
import { parseEventLogs, TransactionReceiptNotFoundError } from 'viem'
import { reachable, readChannelFacts } from '../core/escrow.ts'
import type { EscrowDomain } from '../rules/channel.ts'
import type { RecordedPayment } from '../rules/payment-check.ts'

const name = 'channel'

/**
 * Of a channel: it holds what its receipt says is owed; what was taken back since cannot be told from what never was there, so that is never a
 * failure. Of other payments: their transaction moved the charge from payer to payee, for this call or another of theirs.
 */
export async function checkSettled(
  reader: LedgerReader,
  { token, ...domain }: EscrowDomain & { readonly token: Address },
  receipt: Receipt,
  payment: RecordedPayment | undefined,
): Promise<Check> {
  if (payment === undefined) return notChecked(name, 'what was paid was not written down here')
  try {
    if (payment.backEnd === 'channel') return await checkChannel(reader, domain, receipt)
    const { transaction } = payment
    if (transaction === undefined || !payment.isStated)
      return notChecked(name, 'the seller named no transaction or no charge')
    return await checkTransfer(reader, token, payment, transaction)
  } catch (error) {
    if (!isKoinonError(error)) throw error
    return notChecked(name, 'the ledger does not answer')
  }
}

async function checkChannel(reader: LedgerReader, domain: EscrowDomain, receipt: Receipt): Promise<Check> {
  const { channelId, cumulativePicoUsd } = receipt
  const heldAtomic = (await readChannelFacts(reader, domain, [channelId])).get(channelId)?.depositAtomic ?? 0n
  const owedAtomic = picoUsdToAtomicUp(cumulativePicoUsd)
  const detail = `channel ${channelId.slice(0, 12)}… holds ${heldAtomic} atomic units, ${owedAtomic} of them owed after this answer`
  return heldAtomic >= owedAtomic ? pass(name, detail) : notChecked(name, `${detail}; it may have been emptied since`)
}

async function checkTransfer(
  reader: LedgerReader,
  token: Address,
  payment: RecordedPayment,
  hash: Hex,
): Promise<Check> {
  const { payer, payTo, chargedAtomic } = payment
  const found = await reachable(whereKnown(reader.getTransactionReceipt({ hash })))
  if (found === undefined)
    return notChecked(name, `the ledger knows no transaction ${hash.slice(0, 12)}…: it may not be in a block yet`)
  const { logs } = found
  const transfers = parseEventLogs({ abi: dollarAbi, eventName: 'Transfer', logs })
  const isMoved = transfers.some(
    ({ address, args: { from, to, value } }) =>
      toAddress(address) === token && toAddress(from) === payer && toAddress(to) === payTo && value === chargedAtomic,
  )
  return checkThat(
    name,
    isMoved,
    `transaction ${hash.slice(0, 12)}… moves ${chargedAtomic} atomic units from payer to payee`,
  )
}

/** Undefined where the server answers that it has no such transaction. */
async function whereKnown<receipt>(read: Promise<receipt>): Promise<receipt | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}
