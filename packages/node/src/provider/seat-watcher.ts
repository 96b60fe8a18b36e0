/** Looks after a role's seat: tells when a newcomer claims it, and keeps it when that costs no more than its owner allows. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, formatUnits, sleep, systemClock, tokenDecimals } from '@koinon/base'
import { costOfMatch, findOwnChallenge, findSeat, keepSeat, type Membership, type SeatChallenge } from '@koinon/ledger'
import type { Home } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { openMembership } from '../joined/joined-node.ts'
import type { MatchBook } from './match-book.ts'

const lookIntervalMs = 15_000
const dayMs = 24 * 3_600_000

/** What happened to a seat. `settled`: nobody claims it any more. `problem`: looking or matching failed, and is tried again. */
export type SeatEvent =
  | { readonly kind: 'challenged'; readonly challenge: SeatChallenge; readonly willMatch: boolean }
  | { readonly kind: 'kept'; readonly challenge: SeatChallenge }
  | { readonly kind: 'settled' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'problem'; readonly error: unknown }

export type SeatWatcherOptions = {
  readonly membership: Membership
  readonly netuid: number
  /** The most that is burned to keep the seat in 24 hours, 1e-18 KOIN; never anything when left out. */
  readonly matchUpTo?: bigint
  readonly book: Pick<MatchBook, 'read' | 'write'>
  readonly onEvent: (event: SeatEvent) => void
  readonly lookIntervalMs?: number
  readonly clock?: Clock
}

export class SeatWatcher {
  readonly #options: SeatWatcherOptions
  readonly #stopping = new AbortController()
  #told: string | undefined
  #isLost = false
  #loop: Promise<void> | undefined

  constructor(options: SeatWatcherOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop ??= this.#follow()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  /** One look; what `start` repeats. */
  async look(): Promise<void> {
    const { membership, netuid, book, onEvent, clock = systemClock } = this.#options
    try {
      if ((await findSeat(membership, netuid)) === undefined) {
        if (!this.#isLost) onEvent({ kind: 'lost' })
        this.#isLost = true
        return
      }
      this.#isLost = false
      const challenge = await findOwnChallenge(membership, netuid)
      if (challenge === undefined) {
        if (this.#told !== undefined) onEvent({ kind: 'settled' })
        this.#told = undefined
        return
      }
      const cost = costOfMatch(challenge)
      const nowMs = clock.nowMs()
      // Two claims may come in one second; the later one costs more.
      const claim = `${challenge.endsAtSeconds}/${challenge.deposit}`
      const matches = book.read().filter((match) => match.claim !== claim && nowMs - match.atMs < dayMs)
      const willMatch = cost <= matches.reduce((left, match) => left - match.cost, this.#options.matchUpTo ?? -1n)
      if (this.#told !== claim) onEvent({ kind: 'challenged', challenge, willMatch })
      this.#told = claim
      if (!willMatch) return
      // Counted first: one whose receipt gets lost may have been made. One that failed is open at the next look, and counted anew.
      book.write([...matches, { claim, atMs: nowMs, cost }])
      await keepSeat(membership, netuid, challenge)
      this.#told = undefined
      onEvent({ kind: 'kept', challenge })
    } catch (error) {
      onEvent({ kind: 'problem', error })
    }
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.look()
      await sleep(this.#options.lookIntervalMs ?? lookIntervalMs, this.#stopping.signal)
    }
  }
}

/** A challenge for people: what it is, until when, and what to do. */
export function challengeSentence({ uid, deposit, endsAtSeconds }: SeatChallenge, { nowMs }: Clock): string {
  const leftSeconds = Math.round(endsAtSeconds - nowMs() / 1000)
  const until = leftSeconds > 0 ? `for ${leftSeconds} s more` : 'no longer'
  // Exact: whoever allows as much as is shown must not fall short of it.
  return `a newcomer claims seat ${uid} with ${formatUnits(deposit, tokenDecimals)} KOIN; who holds it may match that ${until}`
}

/** In words, what a newcomer claims of a role's seat now; undefined when nobody does or the role never had an account. */
export async function findSeatChallenge(home: Home, roleName: string, netuid: number): Promise<string | undefined> {
  if (!existsSync(join(home.keys, `${roleName}.json`)) || !existsSync(home.networkFile)) return undefined
  const membership = openMembership(networkOf(home), existingAccountKey(home, roleName))
  const challenge = await findOwnChallenge(membership, netuid)
  return challenge === undefined ? undefined : challengeSentence(challenge, systemClock)
}
