/**
 * Aggregator `refereed` version 1 (specs/0012-aggregators.md section 9), for work that everybody computes to the same bits: the row with
 * the most stake behind it stands unless it was disproved, and who lost a dispute gets nothing. Nothing brings verdicts in this version,
 * so `struck` is always empty and what is left is a vote by stake without turnout: no definition may name it (`aggregatorNames`).
 */
import { type Address, sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from '../aggregator.ts'
import { apportion, oneQ32 } from '../shares.ts'
import { packRow, type WeightRow } from '../weight-row.ts'
import { sum } from './ballots.ts'

export const refereed: Aggregator = {
  name: 'refereed',
  version: 1,
  specHash: sha256Hex(
    'koinon aggregator refereed 1: identical rows by stake, ties to the lowest hotkey, losers of disputes 0',
  ),
  aggregate,
}

function aggregate({ uids, hotkeys, validators, struck = [] }: AggregatorInput): AggregatorOutput {
  const out = new Set(struck)
  const known = new Set(uids)
  const proposals = new Map<string, { row: WeightRow; stake: bigint; backers: number[] }>()
  validators.forEach(({ hotkey, stake, row }, index) => {
    const seats = (row ?? []).filter(({ uid }) => known.has(uid))
    if (out.has(hotkey) || stake === 0n || seats.length === 0) return
    const text = packRow(seats)
    const proposal = proposals.get(text) ?? { row: seats, stake: 0n, backers: [] }
    proposals.set(text, { row: seats, stake: proposal.stake + stake, backers: [...proposal.backers, index] })
  })
  // In the order of the first hotkey behind each: of equals the earlier stays.
  const [first, ...others] = [...proposals.values()]
  const standing = others.reduce((best, other) => (best && other.stake > best.stake ? other : best), first)
  const weightOf = new Map(standing?.row.map(({ uid, weight }) => [uid, BigInt(weight)]))
  const total = sum([...weightOf.values()])
  const weights = uids.map((uid) => weightOf.get(uid) ?? 0n)
  const backers = new Set(standing?.backers)
  return {
    incentive: apportion(
      weights.map((weight, column) => (out.has(hotkeys[column] as Address) ? 0n : weight)),
      oneQ32,
    ),
    dividends: apportion(
      validators.map(({ stake }, index) => (backers.has(index) ? stake : 0n)),
      oneQ32,
    ),
    consensus: weights.map((weight) => (total === 0n ? 0n : (weight * oneQ32) / total)),
    carry: '0x',
  }
}
