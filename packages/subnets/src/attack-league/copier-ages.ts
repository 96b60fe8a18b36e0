/** How old copied rows must be before copying them stops paying, for slow and fast miners. */
import type { Attack } from './attack.ts'
import { copierSealed, copyRows } from './attacks/copier.ts'
import { type Gain, gainOver } from './gain.ts'
import type { LeagueAggregator } from './league-aggregator.ts'
import type { AgeCurve, LeagueProgress } from './league-report.ts'
import type { Scorekeeper } from './scorekeeper.ts'
import { seedsOf } from './scorekeeper.ts'
import type { WorldSettings } from './settings.ts'
import { World } from './world.ts'

const agesEpochs = [0, 1, 2, 4, 8] as const
/** A quarter and half of the drift of the world, and all of it. */
const driftQuarters = [1, 2, 4] as const

/** A curve for each pace of drift; every point over all seeds. */
export function* playCopierAges(
  world: WorldSettings,
  seeds: number,
  aggregator: LeagueAggregator,
  scorekeeper: Scorekeeper,
  progress: (text: string) => LeagueProgress,
): Generator<LeagueProgress, readonly AgeCurve[]> {
  const curves: AgeCurve[] = []
  for (const driftPpm of new Set(driftQuarters.map((quarters) => Math.floor((world.driftPpm * quarters) / 4)))) {
    const points: { ageEpochs: number; gain: Gain }[] = []
    for (const ageEpochs of agesEpochs) {
      const gains: bigint[] = []
      for (const seed of seedsOf(world.seed, seeds)) {
        yield progress(`Copying rows of age ${ageEpochs}`)
        const settings = { ...world, seed, driftPpm, ...visibleAfter(ageEpochs) }
        const { player, honest } = copierSealed.match(new World(settings))
        const copier = player.validators[0] as number
        const match = { player, honest, attack: () => copyRows(copier, ageEpochs) }
        const gain = scorekeeper.gain(match, copierSealed satisfies Attack, settings, aggregator)
        if (gain !== undefined) gains.push(gain)
      }
      points.push({ ageEpochs, gain: gainOver(gains) as Gain })
    }
    curves.push({ driftPpm, points })
  }
  return curves
}

function visibleAfter(ageEpochs: number): Pick<WorldSettings, 'rows' | 'hiddenEpochs'> {
  return ageEpochs === 0 ? { rows: 'open', hiddenEpochs: 0 } : { rows: 'sealed', hiddenEpochs: ageEpochs - 1 }
}
