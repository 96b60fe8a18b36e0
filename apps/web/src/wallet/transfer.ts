import {
  dollarDecimals,
  formatUnits,
  isKoinonError,
  parseUnits,
  toAddress,
  tokenDecimals,
  zeroAddress,
} from '@koinon/base'
import type { WalletJson } from '@koinon/work/dashboard'
import { readAmount } from '../format/money.ts'

/** What can be sent, by its name on the wire. */
export type Asset = 'dollar' | 'koin' | 'eth'

/** Names and decimals of the assets. */
export const assets: Readonly<
  Record<Asset, { readonly name: string; readonly unit: string; readonly decimals: number }>
> = {
  dollar: { name: 'Dollars', unit: 'dollars', decimals: dollarDecimals },
  koin: { name: 'Network tokens', unit: 'KOIN', decimals: tokenDecimals },
  eth: { name: 'Native coin', unit: 'ETH', decimals: 18 },
}

/** A transfer that can be confirmed, or the reason why not. */
export type TransferDraft =
  | { readonly asset: Asset; readonly to: string; readonly amountAtomic: bigint; readonly sentence: string }
  | { readonly problem: string }

/** Checks what was typed before anything is asked of the ledger. */
export function draftTransfer(wallet: WalletJson, asset: Asset, to: string, amount: string): TransferDraft {
  const { decimals, unit } = assets[asset]
  let address: string
  let amountAtomic: bigint
  try {
    address = toAddress(to.trim())
    amountAtomic = parseUnits(amount, decimals)
  } catch (error) {
    return { problem: isKoinonError(error) ? `${error.message}. ${error.hint ?? ''}`.trim() : 'That cannot be read.' }
  }
  if (amountAtomic === 0n) return { problem: 'The amount is zero.' }
  if (address === zeroAddress) return { problem: 'That is the zero address: what is sent there is lost.' }
  if (address === wallet.account.toLowerCase()) return { problem: 'That is your own account.' }
  const held = readAmount(wallet[balanceFields[asset]]) ?? 0n
  if (amountAtomic > held) return { problem: `You hold only ${formatUnits(held, decimals)} ${unit}.` }
  return { asset, to: address, amountAtomic, sentence: `${formatUnits(amountAtomic, decimals)} ${unit} to ${address}` }
}

const balanceFields = { dollar: 'dollarAtomic', koin: 'koinAtomic', eth: 'nativeAtomic' } as const
