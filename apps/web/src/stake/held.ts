import type { StakeJson } from '@koinon/work/dashboard'
import { readAmount } from '../format/money.ts'
import { rootNetuid } from './worth.ts'

/** What can be spent or staked at once: KOIN of the account (`netuid` 0), or free alpha. */
export function heldOf(stake: StakeJson, netuid: number): bigint {
  const text = netuid === rootNetuid ? stake.koinAtomic : stake.free.find((one) => one.netuid === netuid)?.amountAtomic
  return readAmount(text) ?? 0n
}
