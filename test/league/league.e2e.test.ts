import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allCheats, type Cheat } from './cheats/cheats.ts'
import { epochsUntilNothing, leagueRows, printLeague } from './report.ts'
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
import { startUsers } from './world/users.ts'

const honest = ['honest 1', 'honest 2', 'honest 3']
const phases = {
  epochSeconds: 22,
  workCommitSeconds: 5,
  weightCommitSeconds: 8,
  weightRevealSeconds: 5,
  activationDelaySeconds: 1,
}
const watchedEpochs = 3

let league: League
let cheats: readonly Cheat[] = []
const outcomes = new Map<string, readonly EpochOutcome[]>()
const miner = (name: string): Miner => league.miners.find((one) => one.name === name) as Miner
const outcome = (name: string): readonly EpochOutcome[] => outcomes.get(name) ?? []

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
  const favourites = ['knows own questions', 'knows them, lists all'].map((name) => miner(name).account)
  const users = await startUsers({
    world: league.world,
    gateway: league.gateway,
    everyMs: 1_000 * league.world.stretch,
    favourites,
  })
  const first = await beginEpochs(league)
  process.stderr.write(`league: ${league.miners.length} miners, epochs of ${league.world.clock.epochSeconds} s\n`)
  const epochs = Array.from({ length: watchedEpochs }, (_, index) => first + index)
  await waitForEpoch(league, epochs.at(-1) as number)
  await users.stop()
  for (const { name } of league.miners) outcomes.set(name, await outcomesOf(league, miner(name), epochs))
  printLeague(leagueRows(outcomes, cheats))
}, 1_500_000)
afterAll(() => league?.close(), 300_000)

describe('the cheat league', () => {
  it('has a result for each epoch, from the evidence of both validators', () => {
    for (const { scoresPpm, paid } of outcome('honest 1')) {
      expect(scoresPpm).toHaveLength(2)
      expect(paid).toBeDefined()
    }
  })

  it.each(honest)('never accuses %s and pays it in each epoch', async (name) => {
    for (const { failed, paid } of outcome(name)) {
      expect(failed.flat()).toEqual([])
      expect(paid).toBeGreaterThan(0n)
    }
    expect(await claimedBy(league, miner(name))).toBeGreaterThan(0n)
  })

  it('names each cheat by its check, and pays it nothing', async () => {
    const certain = cheats.filter(({ namedBy, isByChance }) => namedBy.length > 0 && isByChance === undefined)
    for (const { name, namedBy } of certain) {
      for (const { epoch, failed, paid } of outcome(name)) {
        expect
          .soft({ name, epoch, paid, isNamed: isNamed(failed, namedBy) })
          .toEqual({ name, epoch, paid: 0n, isNamed: true })
      }
      expect.soft([name, await claimedBy(league, miner(name))]).toEqual([name, 0n])
    }
  })

  it('finds within three epochs what only some answers show, and pays nothing when it does', () => {
    for (const { name, namedBy } of cheats.filter(({ isByChance }) => isByChance)) {
      const caught = outcome(name).filter(({ failed }) => isNamed(failed, namedBy))
      expect.soft([name, caught.length > 0]).toEqual([name, true])
      for (const { epoch, paid } of caught) expect.soft([name, epoch, paid]).toEqual([name, epoch, 0n])
    }
  })

  it('has paid each of them nothing for an epoch by the third one', () => {
    const named = cheats.filter(({ namedBy }) => namedBy.length > 0).map(({ name }) => name)
    const late = named.filter((name) => epochsUntilNothing(outcome(name)) === undefined)
    expect(late).toEqual([])
  })

  it('pays nothing for answers that cannot be checked or were not given', async () => {
    for (const { name } of cheats.filter(({ namedBy, earns }) => namedBy.length === 0 && earns === undefined)) {
      expect.soft([name, await claimedBy(league, miner(name))]).toEqual([name, 0n])
    }
  })

  it('pays nobody more for what it says of its own speed', () => {
    const most = Math.max(...honest.flatMap((name) => outcome(name).flatMap(({ scoresPpm }) => scoresPpm)))
    for (const { scoresPpm } of outcome('boasts of speed'))
      expect(Math.max(...scoresPpm)).toBeLessThanOrEqual(most + 100_000)
  })
})

function isNamed(failed: readonly (readonly string[])[], namedBy: readonly string[]): boolean {
  return failed.some((names) => names.some((name) => namedBy.includes(name)))
}
