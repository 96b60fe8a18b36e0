/** The outcome of a league as a table for people and as one line of JSON. */
import type { Cheat } from './cheats/cheats.ts'
import type { EpochOutcome } from './world/league.ts'

export type LeagueRow = {
  readonly name: string
  readonly expected: string
  /** Names of all checks that failed. */
  readonly namedBy: readonly string[]
  /** Epochs watched until the first one in which a check failed and the miner was paid nothing: 1 is at once. */
  readonly epochsUntilNothing: number | undefined
  /** KOIN paid to the miner, an epoch after the other. */
  readonly paidKoin: readonly string[]
  /** Scores of the validators in each epoch, 0 to 1. */
  readonly scores: readonly string[]
  readonly lastReason: string
}

export function leagueRows(
  outcomes: ReadonlyMap<string, readonly EpochOutcome[]>,
  cheats: readonly Cheat[],
): readonly LeagueRow[] {
  return [...outcomes].map(([name, seen]) => {
    const cheat = cheats.find((one) => one.name === name)
    return {
      name,
      expected: cheat === undefined ? 'honest' : (cheat.earns ?? (cheat.namedBy.join(' or ') || 'not counted')),
      namedBy: [...new Set(seen.flatMap(({ failed }) => failed.flat()))],
      epochsUntilNothing: epochsUntilNothing(seen),
      paidKoin: seen.map(({ paid }) =>
        paid === undefined ? 'no result' : (Number(paid / 10n ** 14n) / 1e4).toFixed(4),
      ),
      scores: seen.map(({ scoresPpm }) => scoresPpm.map((ppm) => (ppm / 1e6).toFixed(2)).join('/')),
      lastReason: seen.at(-1)?.reasons.join(' ') ?? '',
    }
  })
}

export function epochsUntilNothing(seen: readonly EpochOutcome[]): number | undefined {
  const index = seen.findIndex(({ failed, paid }) => failed.flat().length > 0 && paid === 0n)
  return index === -1 ? undefined : index + 1
}

export function printLeague(rows: readonly LeagueRow[]): void {
  const lines = rows.map(({ name, expected, namedBy, epochsUntilNothing: epochs, paidKoin }) =>
    [
      name.padEnd(24),
      expected.padEnd(34),
      namedBy.join(' ').padEnd(34),
      `${epochs ?? '-'}`.padStart(6),
      paidKoin.join('  '),
    ].join('  '),
  )
  const head = ['miner'.padEnd(24), 'expected'.padEnd(34), 'failed checks'.padEnd(34), 'epochs', 'KOIN an epoch'].join(
    '  ',
  )
  process.stdout.write(`${[head, ...lines].join('\n')}\n${JSON.stringify({ league: rows })}\n`)
}
