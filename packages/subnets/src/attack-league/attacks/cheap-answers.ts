/** Miners that do not do the work of a subnet file: what its own score gives them, against what the work would have cost. */
import { type Attack, asItIs, honestPlay, medianMiner } from '../attack.ts'
import type { Behaviour } from '../league-report.ts'

/** Sending something costs a little, whatever it is; half an answer costs half. */
const sendingPpm = 20_000
const halfPpm = 500_000

/** An attack each for lazy and garbage, and one for the cheap answers that the score likes best. */
export function cheapAnswers(behaviours: readonly Behaviour[]): readonly Attack[] {
  const honest = behaviours.find(({ name }) => name === 'honest')
  const of = (names: readonly string[]): Behaviour | undefined =>
    behaviours
      .filter(({ name }) => names.includes(name))
      .reduce<Behaviour | undefined>(
        (best, each) => (best === undefined || each.scorePpm > best.scorePpm ? each : best),
        undefined,
      )
  if (honest === undefined) return []
  return [
    ['file-lazy', 'Lazy miner', of(['lazy'])],
    ['file-garbage', 'Garbage miner', of(['garbage'])],
    ['file-cheap', 'Best-scored cheap answer', of(['one-for-all', 'half', 'empty'])],
  ].flatMap(([name, title, kind]) =>
    kind === undefined ? [] : [cheapAnswer(name as string, title as string, kind as Behaviour, honest)],
  )
}

function cheapAnswer(
  name: string,
  title: string,
  { title: how, about, scorePpm, ...kind }: Behaviour,
  honest: Behaviour,
): Attack {
  const ratioPpm = Math.floor((scorePpm * 1_000_000) / honest.scorePpm)
  const costPpm = kind.name === 'half' ? halfPpm : sendingPpm
  return {
    name,
    title,
    hope: `A miner answers cheaply (${how.toLowerCase()}: ${about.charAt(0).toLowerCase()}${about.slice(1, -1)}) and hopes that the score does not tell. Counted after the cost of work.`,
    reason:
      'The score gives nearly as much for cheap answers as for work. The file has to be mended: score what cannot be had without the work.',
    failure: 'The score tells cheap answers from work.',
    mends: [],
    world: asItIs,
    match: (world) => {
      const miner = medianMiner(world)
      return {
        player: { validators: [], miners: [miner], isOwner: false },
        honest: () => honestPlay,
        attack: () => ({
          answers: (each) => (each === miner ? { probesPpm: ratioPpm, usersPpm: ratioPpm, costPpm } : undefined),
        }),
      }
    },
  }
}
