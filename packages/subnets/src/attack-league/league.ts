/** Plays every attack under every aggregator against honest twins, tries the mends, and says what pays. */
import { KoinonError } from '@koinon/base'
import { aggregators as allAggregators, usualAggregators } from './aggregators.ts'
import type { Attack } from './attack.ts'
import { attacks as builtInAttacks } from './attacks/index.ts'
import { playCopierAges } from './copier-ages.ts'
import { type Gain, gainOver, verdictOf } from './gain.ts'
import type { LeagueAggregator } from './league-aggregator.ts'
import type {
  AgeCurve,
  AttackResult,
  Behaviour,
  Cell,
  LeagueProgress,
  LeagueReport,
  MendResult,
} from './league-report.ts'
import type { Player } from './play.ts'
import { createScorekeeper, seedsOf } from './scorekeeper.ts'
import type { WorldSettings } from './settings.ts'
import { heldPpm } from './stakes.ts'
import { World } from './world.ts'

export type LeagueOptions = {
  /** The world that attacks adapt; its seed is the first part of every world's seed. */
  readonly world: WorldSettings
  /** Worlds a cell, each with a seed of its own. */
  readonly seeds: number
  readonly attacks: readonly Attack[]
  readonly aggregators: readonly LeagueAggregator[]
  readonly behaviours?: readonly Behaviour[]
}

/** Runs the league, yielding after each game (a few worlds); stop iterating to stop. Pure: equal options give equal reports. */
export function* runLeague(options: LeagueOptions): Generator<LeagueProgress, LeagueReport> {
  const { world, seeds, attacks, aggregators } = options
  const scorekeeper = createScorekeeper()
  const hasCopier = attacks.some(({ name }) => name.startsWith('copier'))
  const games = attacks.length * aggregators.length + (hasCopier ? aggregators.length : 0)
  let done = 0
  const progress = (text: string): LeagueProgress => ({
    text,
    epochsPlayed: scorekeeper.epochsPlayed,
    donePpm: Math.min(1_000_000, Math.floor((done * 1_000_000) / games)),
    soFar: () => reportOf([...results], []),
  })
  const results: AttackResult[] = []
  const agesAggregator = aggregators.find(({ name }) => name === 'yuma3') ?? (aggregators[0] as LeagueAggregator)
  for (const attack of attacks) {
    const cells: Cell[] = []
    for (const aggregator of aggregators) {
      cells.push(cellOf(aggregator, yield* playSeeds(attack, attack.world(world), aggregator, progress)))
      done += 1
    }
    const mends: MendResult[] = []
    const worst =
      cells.find((cell) => cell.verdict === 'profitable' && cell.aggregator === 'yuma3') ??
      cells.find((cell) => cell.verdict === 'profitable')
    for (const mend of worst === undefined ? [] : attack.mends) {
      const aggregator = aggregatorNamed(mend.aggregator ?? (worst as Cell).aggregator)
      const after = yield* playSeeds(attack, mend.world(attack.world(world)), aggregator, progress)
      const { gain, verdict } = cellOf(aggregator, after)
      const { aggregator: before, gain: gainBefore } = worst as Cell
      mends.push({
        title: mend.title,
        aggregator: before,
        mendedAggregator: aggregator.name,
        before: gainBefore as Gain,
        after: gain,
        verdict,
        but: mend.but ?? '',
      })
    }
    const { name, title, hope, reason, failure } = attack
    results.push({ name, title, hope, ...sizeOf(attack, world), cells, mends, reason, failure })
  }
  const curves = hasCopier ? yield* playCopierAges(world, seeds, agesAggregator, scorekeeper, progress) : []
  return reportOf(results, curves)

  function reportOf(played: readonly AttackResult[], curves: readonly AgeCurve[]): LeagueReport {
    return {
      v: 2,
      world,
      seeds,
      aggregators: aggregators.map(({ name, title, about }) => ({ name, title, about })),
      attacks: played,
      copierAges: { aggregator: agesAggregator.name, noisePpm: world.noisePpm, curves },
      behaviours: options.behaviours ?? [],
      epochsPlayed: scorekeeper.epochsPlayed,
    }
  }

  function* playSeeds(
    attack: Attack,
    settings: WorldSettings,
    aggregator: LeagueAggregator,
    report: (text: string) => LeagueProgress,
  ): Generator<LeagueProgress, readonly bigint[]> {
    const gains: bigint[] = []
    for (const seed of seedsOf(world.seed, seeds)) {
      yield report(`${attack.title} under ${aggregator.title}`)
      const seeded = { ...settings, seed }
      const gain = scorekeeper.gain(attack.match(new World(seeded)), attack, seeded, aggregator)
      if (gain !== undefined) gains.push(gain)
    }
    return gains
  }
}

/** The attacks that names ask for, all without names; `own` are those of the file played. Throws `usage/unknown-name`. */
export function attacksNamed(names: readonly string[] | undefined, own: readonly Attack[] = []): readonly Attack[] {
  const known = [...builtInAttacks, ...own]
  return named('attack', known, names ?? known.map(({ name }) => name))
}

/** `own` is that of the file played: among the usual ones where it is none of them. Throws `usage/unknown-name`. */
export function aggregatorsNamed(names: readonly string[] | undefined, own?: string): readonly LeagueAggregator[] {
  const usual = usualAggregators.map(({ name }) => name)
  return named('aggregator', allAggregators, names ?? [...new Set([...usual, ...(own === undefined ? [] : [own])])])
}

function cellOf({ name }: LeagueAggregator, gains: readonly bigint[]): Cell {
  const gain = gainOver(gains)
  return { aggregator: name, gain, verdict: gain === undefined ? 'unclear' : verdictOf(gain) }
}

function aggregatorNamed(name: string): LeagueAggregator {
  return named('aggregator', allAggregators, [name])[0] as LeagueAggregator
}

function sizeOf(attack: Attack, settings: WorldSettings): { readonly stakePpm: number; readonly miners: number } {
  const world = new World({ ...attack.world(settings), seed: `${settings.seed}/0` })
  const { player }: { player: Player } = attack.match(world)
  return { stakePpm: heldPpm(world.stake, player.validators), miners: player.miners.length }
}

function named<item extends { readonly name: string }>(
  kind: string,
  known: readonly item[],
  names: readonly string[],
): readonly item[] {
  return names.map((name) => {
    const found = known.find((item) => item.name === name)
    if (found !== undefined) return found
    throw new KoinonError({
      code: 'usage/unknown-name',
      message: `There is no ${kind} "${name}"`,
      hint: `Choose from: ${known.map((item) => item.name).join(', ')}.`,
    })
  })
}
