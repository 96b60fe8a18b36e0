/** What a player does in a world beyond honest work, and how a run of it goes. */
import type { AggregatorRun, LeagueAggregator } from './league-aggregator.ts'
import type { WorldSettings } from './settings.ts'
import { type Answers, add, ownerKey, ownerPart, pot, World } from './world.ts'

/** Whose earnings count: validators, miners and perhaps the owner's. */
export type Player = {
  readonly validators: readonly number[]
  readonly miners: readonly number[]
  readonly isOwner: boolean
}

/** Other people's rows, as far as they are public while the player's own is due. */
export type PublicRows = {
  /** Age in epochs of the newest rows that can be read; 0 is the epoch being decided. */
  readonly newestAge: number
  /**
   * What the rows of that age agreed on, by seat; undefined before the first. Rows of this epoch are taken without those of
   * `readers`. Throws a `RangeError` when they are still sealed.
   */
  consensusAt(age: number, readers: readonly number[]): ArrayLike<number> | undefined
}

/** How many epochs back a player may look. */
const longestMemoryEpochs = 128

/** Every hook is optional; without any this is honest play. Hooks use nothing but the world and its random numbers. */
export type Play = {
  /** Before an epoch's work: stake moves, seats are taken. */
  prepare?(world: World): void
  /** How well one of the player's machines answers. */
  answers?(miner: number): Answers | undefined
  /** After the honest rows are written: replaces those of the player's validators. */
  vote?(world: World, publicRows: PublicRows): void
}

/** What a player had of a run, exact doubles in parts of 2^32 of a pot. */
export type Takings = { readonly earned: number; readonly spent: number; readonly stakeEpochs: number }

/** Plays a world from its first epoch to its last. Equal arguments give equal worlds. */
export function playWorld(settings: WorldSettings, aggregator: LeagueAggregator, play: Play): World {
  const world = new World(settings)
  const run = aggregator.start(settings.validators, settings.miners)
  const agreed = new Map<number, ArrayLike<number>>()
  let burned = 0
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    world.beginEpoch(epoch)
    play.prepare?.(world)
    world.work((miner) => play.answers?.(miner))
    play.vote?.(world, publicRowsOf(world, run, agreed))
    const { incentive, dividends, consensus } = run.settle(world)
    agreed.set(epoch, consensus)
    agreed.delete(epoch - longestMemoryEpochs)
    burned = pay(world, incentive, dividends, pot - burned)
  }
  return world
}

/** What the player earned and spent in a world that was played. */
export function takingsOf({ validators, miners, isOwner }: Player, world: World): Takings {
  const sum = (array: Float64Array, indices: readonly number[]): number =>
    indices.reduce((total, index) => total + (array[index] as number), 0)
  return {
    earned: sum(world.paidValidators, validators) + sum(world.paidMiners, miners) + (isOwner ? world.paidOwner : 0),
    spent: sum(world.spentMiners, miners) + (isOwner ? world.spentOwner : 0),
    stakeEpochs: sum(world.stakeEpochs, validators),
  }
}

/** Pays an epoch out of pots of `potSize`; returns the incentive that was burned, which the next epoch's pots lack. */
function pay(world: World, incentive: ArrayLike<number>, dividends: ArrayLike<number>, potSize: number): number {
  const isBurning = world.settings.ownerKeys === 'burned'
  let burned = 0
  for (let seat = 0; seat < incentive.length; seat++) {
    const share = incentive[seat] as number
    const amount = partOf(potSize, share)
    const holder = world.holder[seat] as number
    world.lastPay[seat] = amount
    if (holder !== ownerKey) add(world.paidMiners, holder, amount)
    else if (isBurning) burned += share
    else world.paidOwner += amount
  }
  for (let validator = 0; validator < dividends.length; validator++) {
    add(world.paidValidators, validator, partOf(potSize, dividends[validator] as number))
    add(world.stakeEpochs, validator, world.stake[validator] as number)
  }
  world.paidOwner += partOf(ownerPart, potSize)
  return Math.min(pot, burned)
}

/** floor(whole * share / 2^32). */
function partOf(whole: number, share: number): number {
  return whole === pot ? share : Number((BigInt(whole) * BigInt(share)) >> 32n)
}

function publicRowsOf(world: World, run: AggregatorRun, agreed: ReadonlyMap<number, ArrayLike<number>>): PublicRows {
  const { rows, hiddenEpochs } = world.settings
  const newestAge = rows === 'open' ? 0 : 1 + hiddenEpochs
  return {
    newestAge,
    consensusAt: (age, readers) => {
      if (age < newestAge) throw new RangeError(`rows of age ${age} are sealed`)
      if (age > 0) return agreed.get(world.epoch - age)
      const stake = world.stake.map((units, validator) => (readers.includes(validator) ? 0 : units))
      return run.preview({ epoch: world.epoch, stake, rows: world.rows, registeredEpoch: world.registeredEpoch })
    },
  }
}
