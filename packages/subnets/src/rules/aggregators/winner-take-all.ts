/**
 * Aggregator `winnerTakeAll` version 1 (specs/0012-aggregators.md section 4): one seat earns everything, and keeps it until another is
 * clearly better, so that a copy of the winner earns nothing.
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from '../aggregator.ts'
import { oneQ32 } from '../shares.ts'
import { settleShares } from './ballots.ts'
import { packState, unpackState } from './holder-state.ts'

/** A challenger's median has to be more than 51/50 of the winner's. */
const margin = { challenger: 50n, winner: 51n }

const specHash = sha256Hex('koinon aggregator winnerTakeAll 1: stakeMedian 1, margin 1/50, ties to the lower uid')

export const winnerTakeAll: Aggregator = { name: 'winnerTakeAll', version: 1, specHash, aggregate }

function aggregate(input: AggregatorInput): AggregatorOutput {
  const { consensus, dividends } = settleShares(input)
  const state = unpackState(specHash, input.carried, 0)
  const best = consensus.reduce((most, value) => (value > most ? value : most), 0n)
  const held = input.hotkeys.findIndex((hotkey) => state.has(hotkey))
  const heldAt = held === -1 ? 0n : (consensus[held] as bigint)
  const keeps = heldAt > 0n && best * margin.challenger <= heldAt * margin.winner
  const winner = best === 0n ? -1 : keeps ? held : consensus.indexOf(best)
  const hotkey = input.hotkeys[winner === -1 ? held : winner]
  return {
    incentive: consensus.map((_, column) => (column === winner ? oneQ32 : 0n)),
    dividends,
    consensus,
    carry: packState(specHash, new Map(hotkey === undefined ? [] : [[hotkey, []]])),
  }
}
