/** The figures of kills at random moments, one row a victim. */
export type KillRow = {
  readonly victim: string
  readonly trials: number
  readonly calls: number
  readonly answered: number
  readonly chargedTwice: number
  /** Charged without an answer; at most one a kill. */
  readonly lostSteps: number
  /** Given up by a client that took them for charged, and not charged. */
  readonly givenUp: number
  readonly refunds: number
  /** Calls of unknown outcome that were concluded later. */
  readonly unknownConcluded: number
  readonly seconds: number
  readonly seed: string
}

const columns = [
  'victim',
  'trials',
  'calls',
  'answered',
  'chargedTwice',
  'lostSteps',
  'givenUp',
  'refunds',
  'unknownConcluded',
  'seconds',
  'seed',
] as const

/** Lines of a table in Markdown. */
export function killTable(rows: readonly KillRow[]): string {
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((name) => row[name]))),
  ].join('\n')
}
