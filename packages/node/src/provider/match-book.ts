/** What was burned to keep a seat, across restarts: whoever makes a role restart must not make it burn its limit anew. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileDurably } from '../home/home.ts'

/** A claim that was matched, or may have been: when, and for how much, 1e-18 KOIN. */
export type SeatMatch = { readonly claim: string; readonly atMs: number; readonly cost: bigint }

export class MatchBook {
  readonly #path: string

  /** `folder` is that of the role. */
  constructor(folder: string, netuid: number) {
    this.#path = join(folder, `seat-matches-${netuid}.json`)
  }

  /** None where there is no book or it cannot be read. */
  read(): readonly SeatMatch[] {
    if (!existsSync(this.#path)) return []
    try {
      const written = JSON.parse(readFileSync(this.#path, 'utf8')) as readonly Record<keyof SeatMatch, unknown>[]
      return written.map(({ claim, atMs, cost }) => ({
        claim: String(claim),
        atMs: Number(atMs),
        cost: BigInt(String(cost)),
      }))
    } catch {
      return []
    }
  }

  /** In place of what was written before. */
  write(matches: readonly SeatMatch[]): void {
    writeFileDurably(this.#path, JSON.stringify(matches.map(({ cost, ...match }) => ({ ...match, cost: `${cost}` }))))
  }
}
