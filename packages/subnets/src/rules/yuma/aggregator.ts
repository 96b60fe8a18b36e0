/**
 * Yuma as aggregators of this network (specs/0011-yuma.md section 8): all permitted stake counts, bonds are carried by hotkey. Consensus
 * and rank of a seat can be checked alone, which contracts/src/subnets/results/Yuma.sol does (specs/0015-disputes.md).
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput, RankingValidator } from '../aggregator.ts'
import { tagged, untagged } from '../carry-tag.ts'
import { rowTotal } from '../weight-row.ts'
import { bondsBetween, packBonds, unpackBonds } from './carry.ts'
import { notListed, settleColumns } from './columns.ts'
import { type BondRates, type YumaParameters, yumaParametersByName, yumaRates } from './parameters.ts'
import { capStakes, stakeShares } from './stake.ts'

export const yuma2 = named('yuma2')
export const yuma3 = named('yuma3')
export const yuma3Capped = named('yuma3Capped')
export const yuma3Liquid = named('yuma3Liquid')
export const yuma3LiquidDecaying = named('yuma3LiquidDecaying')

/** An aggregator with these parameters; they are part of its spec hash. Throws `subnets/bad-yuma-parameter`. */
export function yumaAggregator(name: string, parameters: YumaParameters): Aggregator {
  const { kappa, bonds } = yumaRates(parameters)
  const specHash = sha256Hex(`koinon aggregator ${name} 2: ${parametersText(parameters)}`)
  return {
    name,
    version: 2,
    specHash,
    aggregate(input) {
      const output = aggregate(
        { ...input, carried: untagged(specHash, input.carried) },
        parameters.stakeCapPercent,
        kappa,
        bonds,
      )
      return { ...output, carry: tagged(specHash, output.carry) }
    },
  }
}

function named(name: keyof typeof yumaParametersByName): Aggregator {
  return yumaAggregator(name, yumaParametersByName[name])
}

/** JSON of the given parameters, keys in alphabetical order. */
function parametersText(parameters: YumaParameters): string {
  const sorted = (value: object): object =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, typeof item === 'object' ? sorted(item) : item]),
    )
  return JSON.stringify(sorted(parameters))
}

function aggregate(
  { uids, hotkeys, validators, carried }: AggregatorInput,
  capPercent: number | undefined,
  kappa: number,
  rates: BondRates,
): AggregatorOutput {
  const stakes = validators.map(({ stake }) => stake)
  const holders = validators.map(({ hotkey }) => hotkey)
  const shares = settleColumns(
    {
      rows: validators.length,
      columns: uids.length,
      activeStake: stakeShares(capPercent === undefined ? stakes : capStakes(stakes, capPercent)),
      weights: weightColumns(uids, validators),
      rowTotals: Float64Array.from(validators, ({ row, rowTotal: whole }) => whole ?? rowTotal(row ?? [])),
      bonds: bondsBetween(unpackBonds(carried), holders, hotkeys),
    },
    kappa,
    rates,
  )
  return {
    incentive: Array.from(shares.incentive, BigInt),
    dividends: Array.from(shares.dividends, BigInt),
    consensus: Array.from(shares.consensus, BigInt),
    own: Array.from(shares.ranks, BigInt),
    carry: packBonds({ validators: holders, seats: hotkeys, bonds: shares.bonds }),
  }
}

/** Rows without the validator's own seat and without seats that do not exist, which count in its total; nothing of who did not reveal. */
function weightColumns(uids: readonly number[], validators: readonly RankingValidator[]): Float64Array {
  const columnOf = new Map(uids.map((uid, column) => [uid, column]))
  const weights = new Float64Array(validators.length * uids.length).fill(notListed)
  validators.forEach(({ uid: own, row }, place) => {
    for (const { uid, weight } of row ?? []) {
      const column = columnOf.get(uid)
      if (column !== undefined && uid !== own) weights[column * validators.length + place] = weight
    }
  })
  return weights
}
