import type { Address, Hex } from '@koinon/base'
import type { Commitment } from '../rules/terms.ts'
import { depositNonce } from './deposit-authorization.ts'
import type { PayerLedger } from './payer-ledger.ts'

/** What an account holds of what was signed for in its name, atomic units. */
export type PayerCover = { readonly account: Address; readonly neededAtomic: bigint; readonly heldAtomic: bigint }

type Transfer = {
  readonly token: Address
  readonly account: Address
  readonly neededAtomic: bigint
  readonly nonce: Hex
}

/**
 * Whether a payer holds what its commitment takes out of its account, by the ledger and never by a seller's word. Undefined where it takes
 * nothing: a voucher without a deposit, and a deposit that was collected. Throws `payments/ledger-unreachable`.
 */
export async function coverOf(
  ledger: PayerLedger,
  chainId: number,
  commitment: Commitment,
): Promise<PayerCover | undefined> {
  const transfer = transferOf(commitment)
  if (transfer === undefined) return undefined
  const { token, account, neededAtomic, nonce } = transfer
  if (commitment.backEnd === 'channel' && (await ledger.isUsed(chainId, token, account, nonce))) return undefined
  return { account, neededAtomic, heldAtomic: await ledger.balanceOf(chainId, token, account) }
}

function transferOf(commitment: Commitment): Transfer | undefined {
  if (commitment.backEnd === 'channel') {
    const { config, deposit, voucher } = commitment
    if (deposit === undefined) return undefined
    const nonce = depositNonce({ channelId: voucher.channelId, depositId: deposit.salt })
    return { token: config.token, account: config.payer, neededAtomic: deposit.amountAtomic, nonce }
  }
  const { token, from, nonce } = commitment.authorization
  const neededAtomic =
    commitment.backEnd === 'upTo' ? commitment.authorization.maximumAtomic : commitment.authorization.valueAtomic
  return { token, account: from, neededAtomic, nonce }
}
