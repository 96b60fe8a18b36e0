/** The mechanisms that the league plays under, all by the engine that settles real epochs. */
import { type Address, toAddress } from '@koinon/base'
import { apportion, oneQ32 } from '../rules/shares.ts'
import { stakeMedian } from '../rules/stake-median.ts'
import { notListed, settleColumns, type YumaShares } from '../rules/yuma/columns.ts'
import {
  liquidAlphaDefaults,
  type YumaParameters,
  yuma2Defaults,
  yuma3Defaults,
  yumaRates,
} from '../rules/yuma/parameters.ts'
import { capStakes, stakeShares } from '../rules/yuma/stake.ts'
import type { EpochInput, Mechanism, Shares } from './mechanism.ts'

const capPercent = 88

/** All of them; the last is played as a mend, or when it is named. */
export const mechanisms: readonly Mechanism[] = [
  yuma('yuma2', 'Yuma 2', 'Bonds are stake-weighted and shared within a column.', yuma2Defaults),
  yuma('yuma3', 'Yuma 3', "Each validator's bonds are its own.", yuma3Defaults),
  yuma(
    'yuma3-liquid',
    'Yuma 3 liquid',
    'Liquid alpha: bonds follow faster the further a row stands from the consensus; what a row omits is lost.',
    {
      ...yuma3Defaults,
      liquidAlpha: liquidAlphaDefaults,
    },
  ),
  yuma('yuma3-capped', 'Yuma 3 capped', `No stake counts more than the one at the ${capPercent}th percentile.`, {
    ...yuma3Defaults,
    stakeCapPercent: capPercent,
  }),
  {
    name: 'stakeMedian',
    title: 'Stake median',
    about: 'Clipping to the median, no bonds: pay follows the epoch alone.',
    start: startMedian,
  },
  yuma(
    'yuma3-liquid-decay',
    'Yuma 3 liquid, decaying',
    'As liquid alpha, but what a row omits fades like what it lists with 0.',
    {
      ...yuma3Defaults,
      liquidAlpha: { ...liquidAlphaDefaults, form: 'decaying' },
    },
  ),
]

function yuma(name: string, title: string, about: string, parameters: YumaParameters): Mechanism {
  const { kappa, bonds: rates } = yumaRates(parameters)
  const start: Mechanism['start'] = (rows, columns) => {
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

/** The aggregator that carries nothing, fed with rows as the ledger holds them. */
function startMedian(validators: number, miners: number): ReturnType<Mechanism['start']> {
  const uids = Array.from({ length: miners }, (_, seat) => seat)
  const hotkeys = Array.from({ length: validators + miners }, (_, index) => hotkeyOf(index))
  const settle = ({ stake, rows }: EpochInput): Shares => {
    const output = stakeMedian.aggregate({
      uids,
      hotkeys: hotkeys.slice(validators),
      validators: Array.from(stake, (units, validator) => ({
        hotkey: hotkeys[validator] as Address,
        uid: undefined,
        stake: BigInt(units),
        row: uids.flatMap((uid) => {
          const weight = rows[uid * validators + validator] as number
          // A row on the ledger has no zeros.
          return weight === notListed || weight === 0 ? [] : [{ uid, weight }]
        }),
      })),
      carried: '0x',
    })
    // Emission is divided by what each has of all, whatever that sums to (specs/0007-epochs.md section 5).
    const shares = (parts: readonly bigint[]): readonly number[] => apportion(parts, oneQ32).map(Number)
    return {
      incentive: shares(output.incentive),
      dividends: shares(output.dividends),
      consensus: output.consensus.map(Number),
    }
  }
  return { settle, preview: (input) => settle(input).consensus }
}

/** Addresses that ascend with the index. */
function hotkeyOf(index: number): Address {
  return toAddress(`0x${(index + 1).toString(16).padStart(40, '0')}`)
}
