/** What the league plays under, all by the engine that settles real epochs, under the names that subnet files give them. */
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { Aggregator } from '../rules/aggregator.ts'
import { type AggregatorName, aggregators as rules } from '../rules/aggregators/index.ts'
import { apportion, oneQ32 } from '../rules/shares.ts'
import { notListed, settleColumns, type YumaShares } from '../rules/yuma/columns.ts'
import { cappedPercent, type YumaParameters, yumaParametersByName, yumaRates } from '../rules/yuma/parameters.ts'
import { capStakes, stakeShares } from '../rules/yuma/stake.ts'
import type { EpochInput, LeagueAggregator, Shares } from './league-aggregator.ts'

/** Played unless others are named. */
export const usualAggregators: readonly LeagueAggregator[] = [
  yuma('yuma2', 'Yuma 2', 'Bonds are stake-weighted and shared within a column.'),
  yuma('yuma3', 'Yuma 3', "Each validator's bonds are its own."),
  yuma(
    'yuma3Liquid',
    'Yuma 3 liquid',
    'Liquid alpha: bonds follow faster the further a row stands from the consensus; what a row omits is lost.',
  ),
  yuma('yuma3Capped', 'Yuma 3 capped', `No stake counts more than the one at the ${cappedPercent}th percentile.`),
  byRule('stakeMedian', 'Stake median', 'Clipping to the median, no bonds: pay follows the epoch alone.'),
]

/** All that a subnet may name: behind the usual ones those played as a mend, for a file that names one, or when asked for. */
export const aggregators: readonly LeagueAggregator[] = [
  ...usualAggregators,
  yuma(
    'yuma3LiquidDecaying',
    'Yuma 3 liquid, decaying',
    'As liquid alpha, but what a row omits fades like what it lists with 0.',
  ),
  byRule('cappedMedian', 'Capped median', 'As the stake median, with stakes capped as in Yuma 3 capped.'),
  byRule('winnerTakeAll', 'Winner takes all', 'One seat earns everything, until another is clearly better.'),
  byRule('openskill', 'Skill ratings', 'Each row is a match of all seats, of which only the order counts.'),
  byRule('properScoring', 'Proper scores', 'Weights are marks; pay falls fast behind the best mark.'),
  byRule('alloraRegret', 'Regret', 'Pay follows how much better a seat was than all together, over epochs.'),
]

function yuma(name: keyof typeof yumaParametersByName, title: string, about: string): LeagueAggregator {
  const parameters: YumaParameters = yumaParametersByName[name]
  const { kappa, bonds: rates } = yumaRates(parameters)
  const start: LeagueAggregator['start'] = (rows, columns) => {
    let bonds: Uint16Array = new Uint16Array(rows * columns)
    const settle = ({ epoch, stake, rows: weights, registeredEpoch }: EpochInput): YumaShares => {
      const stakes = Array.from(stake, BigInt)
      const capped = parameters.stakeCapPercent === undefined ? stakes : capStakes(stakes, parameters.stakeCapPercent)
      const kept = bonds.slice()
      // What was bought in the last holder of a seat says nothing about the next.
      for (let seat = 0; seat < columns; seat++) {
        if (registeredEpoch[seat] === epoch) kept.fill(0, seat * rows, (seat + 1) * rows)
      }
      return settleColumns({ rows, columns, activeStake: stakeShares(capped), weights, bonds: kept }, kappa, rates)
    }
    return {
      settle: (input) => {
        const shares = settle(input)
        bonds = shares.bonds
        return shares
      },
      preview: (input) => settle(input).consensus,
    }
  }
  return { name, title, about, start }
}

/** By an aggregator as it stands, fed with rows as the ledger holds them; it carries what it carries between real epochs. */
function byRule(name: Exclude<AggregatorName, `yuma${string}`>, title: string, about: string): LeagueAggregator {
  const rule: Aggregator = rules[name]
  const start: LeagueAggregator['start'] = (validators, miners) => {
    let carried: Hex = '0x'
    const settle = (input: EpochInput): Shares & { readonly carry: Hex } => {
      const { carry, ...output } = rule.aggregate(inputOf(input, validators, miners, carried))
      // Emission is divided by what each has of all, whatever that sums to (specs/0007-epochs.md section 5).
      const shares = (parts: readonly bigint[]): readonly number[] => apportion(parts, oneQ32).map(Number)
      return {
        incentive: shares(output.incentive),
        dividends: shares(output.dividends),
        consensus: output.consensus.map(Number),
        carry,
      }
    }
    return {
      settle: (input) => {
        const { carry, ...shares } = settle(input)
        carried = carry
        return shares
      },
      preview: (input) => settle(input).consensus,
    }
  }
  return { name, title, about, start }
}

function inputOf(
  { stake, rows, registeredEpoch }: EpochInput,
  validators: number,
  miners: number,
  carried: Hex,
): Parameters<Aggregator['aggregate']>[0] {
  const uids = Array.from({ length: miners }, (_, seat) => seat)
  return {
    uids,
    // Who comes to a seat is somebody else, of whom nothing was carried.
    hotkeys: uids.map((seat) => hotkeyOf(validators + seat + miners * ((registeredEpoch[seat] as number) + 1))),
    validators: Array.from(stake, (units, validator) => ({
      hotkey: hotkeyOf(validator),
      uid: undefined,
      stake: BigInt(units),
      row: uids.flatMap((uid) => {
        const weight = rows[uid * validators + validator] as number
        // A row on the ledger has no zeros.
        return weight === notListed || weight === 0 ? [] : [{ uid, weight }]
      }),
    })),
    carried,
  }
}

/** Addresses that ascend with the index. */
function hotkeyOf(index: number): Address {
  return toAddress(`0x${(index + 1).toString(16).padStart(40, '0')}`)
}
