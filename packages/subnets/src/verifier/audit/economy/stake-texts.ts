/** Events of the staking contract as one text each, so that all their figures are compared at once. */
import type { Address } from '@koinon/base'

type Pooled = { readonly netuid: number; readonly hotkey: Address }
type Figures<names extends string> = Readonly<Record<names, bigint>>

export function stakeText(
  args: Pooled & { readonly staker: Address } & Figures<'amount' | 'shares' | 'poolAssets' | 'poolShares'>,
): string {
  const { netuid, hotkey, staker, amount, shares, poolAssets, poolShares } = args
  return `${amount} as ${shares} shares of ${staker} on ${netuid}/${hotkey}, then ${poolAssets} in ${poolShares}`
}

export function dividendsText({
  netuid,
  hotkey,
  amount,
  poolAssets,
}: Pooled & Figures<'amount' | 'poolAssets'>): string {
  return `${amount} for all on ${netuid}/${hotkey}, then ${poolAssets}`
}

export function rootDividendsText(args: Pooled & Figures<'amount' | 'rate'> & { readonly payment: number }): string {
  const { netuid, hotkey, amount, rate, payment } = args
  return `${amount} for the root of ${hotkey} in ${netuid}: payment ${payment}, rate ${rate}`
}

export function slashText(args: Pooled & Figures<'fromStaked' | 'fromLeaving'>): string {
  const { netuid, hotkey, fromStaked, fromLeaving } = args
  return `${fromStaked} and ${fromLeaving} of ${netuid}/${hotkey}`
}
