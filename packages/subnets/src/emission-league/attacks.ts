/** What somebody does who wants the KOIN of the issue and not the work of a subnet. Each plays alone in subnets of its own. */
import type { EmissionWorld } from './world.ts'

/** What an attack is told; `own` are the subnets that it opened. */
export type EmissionAttackMoves = {
  /** Once, at its begin. */
  begin?(world: EmissionWorld, me: string): void
  /** In the second before each opening of a step, and in the one after it. */
  before?(world: EmissionWorld, me: string, own: readonly number[]): void
  after?(world: EmissionWorld, me: string, own: readonly number[]): void
}

export type EmissionAttack = {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly moves: () => EmissionAttackMoves
}

const all = 1n << 96n
const open = (world: EmissionWorld, me: string): void => void world.open(me)
const openAndBuy = (world: EmissionWorld, me: string): void => {
  world.buy(me, world.open(me), world.settings.attackersKoin)
}
const sellAll = (world: EmissionWorld, me: string, own: readonly number[]): void => {
  for (const netuid of own) world.sell(me, netuid, all)
}

/** Whatever they hold at the end, all of them sell. */
export const emissionAttacks: readonly EmissionAttack[] = [
  {
    name: 'quiet',
    title: 'Quiet owner',
    about: 'opens a subnet, does nothing, sells once at the end',
    moves: () => ({ begin: open }),
  },
  {
    name: 'drip',
    title: 'Drip buyer',
    about: 'as the quiet owner, and buys its own alpha for a tenth of a KOIN an hour',
    moves: () => ({ begin: open, before: (world, me, own) => void world.buy(me, own[0] as number, 10n ** 17n) }),
  },
  {
    name: 'wash',
    title: 'Wash trader',
    about: 'as the quiet owner, and buys before every opening and sells the same again behind it',
    moves: () => {
      let bought = 0n
      return {
        begin: open,
        before: (world, me, own) => {
          bought = world.buy(me, own[0] as number, world.settings.attackersKoin)
        },
        after: (world, me, own) => void world.sell(me, own[0] as number, bought),
      }
    },
  },
  {
    name: 'in-out',
    title: 'Capital in and out',
    about: 'brings its capital for every other day and takes it out for the next, to be new again and again',
    moves: () => {
      let hour = 0
      let bought = 0n
      return {
        begin: open,
        before: (world, me, own) => {
          if (hour % 48 === 0) bought = world.buy(me, own[0] as number, world.settings.attackersKoin)
          if (hour % 48 === 24) world.sell(me, own[0] as number, bought)
          hour++
        },
      }
    },
  },
  {
    name: 'capital',
    title: 'Big capital',
    about: 'opens a subnet, brings its capital at once, leaves it there and sells once at the end',
    moves: () => ({ begin: openAndBuy }),
  },
  {
    name: 'many',
    title: 'Many subnets of one owner',
    about: 'opens five subnets on one day, each at the price of its lock, and is quiet in all',
    moves: () => ({ begin: (world, me) => [1, 2, 3, 4, 5].forEach(() => open(world, me)) }),
  },
  {
    name: 'seller',
    title: 'Sells everything as it comes',
    about: 'opens a subnet in which nobody works and sells all of its alpha after every step',
    moves: () => ({ begin: open, after: sellAll }),
  },
]
