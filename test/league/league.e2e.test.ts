import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allCheats, type Cheat } from './cheats/cheats.ts'
import {
  beginEpochs,
  claimedBy,
  type EpochOutcome,
  type League,
  outcomesOf,
  startLeague,
  waitForEpoch,
} from './world/league.ts'
import type { Miner } from './world/miner.ts'

const honest = ['honest 1', 'honest 2', 'honest 3']
const phases = {
  epochSeconds: 20,
  workCommitSeconds: 4,
  weightCommitSeconds: 9,
  weightRevealSeconds: 3,
  activationDelaySeconds: 1,
}
const watchedEpochs = 3

let league: League
let cheats: readonly Cheat[] = []
let epochs: readonly number[] = []
const outcomes = new Map<string, readonly EpochOutcome[]>()
const miner = (name: string): Miner => league.miners.find((one) => one.name === name) as Miner

beforeAll(async () => {
  league = await startLeague({
    phases,
    honest,
    cheats: (context) => {
      cheats = allCheats(context)
      return cheats
    },
    validators: ['validator 1', 'validator 2'],
    probesPerMiner: 2,
  })
  const first = await beginEpochs(league)
  epochs = Array.from({ length: watchedEpochs }, (_, index) => first + index)
  await waitForEpoch(league, epochs.at(-1) as number)
  for (const one of league.miners) outcomes.set(one.name, await outcomesOf(league, one, epochs))
  report()
}, 240_000)
afterAll(() => league?.close(), 60_000)

describe('the cheat league', () => {
  it('has a result for each epoch, of evidence of both validators', () => {
    for (const outcome of outcomes.get('honest 1') ?? []) {
      expect(outcome.scoresPpm).toHaveLength(2)
      expect(outcome.paid).toBeDefined()
    }
  })

  it.each(honest)('never accuses %s and pays it in each epoch', async (name) => {
    for (const { failed, paid } of outcomes.get(name) ?? []) {
      expect(failed.flat()).toEqual([])
      expect(paid).toBeGreaterThan(0n)
    }
    expect(await claimedBy(league, miner(name))).toBeGreaterThan(0n)
  })

  it('names every cheat by the expected check, and pays none', () => {
    for (const { name, namedBy } of cheats) {
      const seen = outcomes.get(name) ?? []
      expect.soft([name, seen.at(-1)?.paid], name).toEqual([name, 0n])
      for (const { failed } of namedBy.length === 0 ? [] : seen.slice(-1)) {
        for (const names of failed)
          expect
            .soft(
              names.some((check) => namedBy.includes(check)),
              `${name}: ${names}`,
            )
            .toBe(true)
      }
    }
  })
})

function report(): void {
  const rows = [...outcomes].map(([name, seen]) => ({
    name,
    namedBy: [...new Set(seen.flatMap(({ failed }) => failed.flat()))],
    caughtIn: seen.find(({ failed }) => failed.flat().length > 0)?.epoch,
    paidKoin: seen.map(({ paid }) => (paid === undefined ? 'no result' : (Number(paid / 10n ** 12n) / 1e6).toFixed(4))),
    scores: seen.map(({ scoresPpm }) => scoresPpm.map((ppm) => (ppm / 1e6).toFixed(2)).join('/')),
    reasons: seen.at(-1)?.reasons.slice(0, 3),
  }))
  console.table(
    rows.map(({ name, namedBy, caughtIn, paidKoin, scores }) => ({
      name,
      namedBy: namedBy.join(' '),
      caughtIn,
      paidKoin: paidKoin.join(' '),
      scores: scores.join(' '),
    })),
  )
  console.log(
    JSON.stringify({
      league: rows,
      events:
        process.env['LEAGUE_EVENTS'] === undefined
          ? undefined
          : league.validators.map(({ events }) =>
              events.map((event) =>
                event.kind === 'problem' ? `${event.step}: ${String(event.error)}` : `${event.kind} ${event.epoch}`,
              ),
            ),
    }),
  )
}
