import type { EpochDetailJson, SubnetJson } from '@koinon/work/dashboard'
import { readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'

/** Share of the miners' payouts, parts per million, by epoch. `null` where the epoch paid nobody. */
export type IncentiveSeries = {
  readonly epochs: readonly number[]
  readonly miners: readonly { readonly name: string; readonly sharesPpm: readonly (number | null)[] }[]
}

/** Reads the series from the payouts of finished epochs, from the first that paid a miner on. Miners that never earned are left out. */
export function incentiveSeries(subnet: SubnetJson, details: readonly EpochDetailJson[]): IncentiveSeries {
  const miners = subnet.neurons.filter((neuron) => neuron.kind === 'miner')
  const amountOf = (detail: EpochDetailJson, account: string): bigint =>
    detail.payouts
      .filter((payout) => payout.account.toLowerCase() === account.toLowerCase())
      .reduce((sum, payout) => sum + (readAmount(payout.amountAtomic) ?? 0n), 0n)
  const totalOf = (detail: EpochDetailJson): bigint =>
    miners.reduce((sum, miner) => sum + amountOf(detail, miner.hotkey), 0n)
  const sorted = [...details].sort((a, b) => a.epoch - b.epoch)
  const firstPaid = sorted.findIndex((detail) => totalOf(detail) > 0n)
  const ordered = firstPaid < 0 ? [] : sorted.slice(firstPaid)
  const totals = ordered.map(totalOf)
  return {
    epochs: ordered.map((detail) => detail.epoch),
    miners: miners
      .map((miner) => ({
        name: miner.name ?? shortHex(miner.hotkey),
        sharesPpm: ordered.map((detail, index) => {
          const total = totals[index] ?? 0n
          return total === 0n ? null : Number((1_000_000n * amountOf(detail, miner.hotkey)) / total)
        }),
      }))
      .filter((miner) => miner.sharesPpm.some((share) => share !== null && share > 0)),
  }
}

/** One sentence that says what the chart shows. */
export function seriesSentence(series: IncentiveSeries): string {
  const first = series.epochs[0]
  const last = series.epochs.at(-1)
  if (first === undefined || last === undefined)
    return 'No miner has been paid yet. The chart begins with the second paid epoch.'
  const standing = series.miners
    .map((miner) => ({ name: miner.name, share: miner.sharesPpm.at(-1) ?? 0 }))
    .sort((a, b) => b.share - a.share)
  const leader = standing[0]
  const unpaid = series.epochs.filter((_, index) => series.miners.every((miner) => miner.sharesPpm[index] === null))
  const gaps =
    unpaid.length === 0 ? '' : ` No miner was paid in ${unpaid.length === 1 ? 'epoch' : 'epochs'} ${unpaid.join(', ')}.`
  const span = first === last ? `Epoch ${first}` : `Epochs ${first} to ${last}`
  if (leader === undefined || leader.share === 0) return `${span}: no miner earned in the last one.${gaps}`
  return `${span}: ${first === last ? 'in it' : 'in the last one'} ${leader.name} earned most, ${(leader.share / 10_000).toFixed(1)} % of the miners' part.${gaps}`
}
