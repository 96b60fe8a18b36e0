/** The emission league: every attack under every policy in the same world, against that world without the attack. */
import { KoinonError } from '@koinon/base'
import { emissionPolicies } from '../rules/emission/policies.ts'
import type { EmissionPolicy } from '../rules/emission/policy.ts'
import { userCapital } from '../rules/emission/user-capital.ts'
import { type EmissionAttack, emissionAttacks } from './attacks.ts'
import type { EmissionWorldSettings } from './settings.ts'
import { EmissionWorld, secondsPerStep, stepsPerDay } from './world.ts'

export type PlayedPolicy = { readonly name: string; readonly about: string; readonly policy: EmissionPolicy }

/** `revenueWeighted` is not among them: nothing on a ledger counts sales of a subnet, and whoever buys from itself pays itself. */
export const playedPolicies: readonly PlayedPolicy[] = [
  { name: 'priceEma', about: 'average prices', policy: emissionPolicies.priceEma },
  { name: 'hillGate', about: 'average prices, small ones faded out', policy: emissionPolicies.hillGate },
  { name: 'taoflow', about: 'what people brought lately', policy: emissionPolicies.taoflow },
  { name: 'netFlow', about: 'the same, less what the protocol brought', policy: emissionPolicies.netFlow },
  { name: 'equal', about: 'every subnet the same', policy: emissionPolicies.equal },
  {
    name: 'capitalOnly',
    about: 'what people keep in the pool, the whole issue always handed out',
    policy: userCapital(0n),
  },
  {
    name: 'userCapital',
    about: 'what people keep in the pool, and no more of the issue than that carries',
    policy: emissionPolicies.userCapital,
  },
]

/** Atomic units of KOIN; `gainPpmPerDay`: profit a day in millionths of the most that the attacker had in pools. */
export type EmissionCell = {
  readonly policy: string
  readonly paid: bigint
  readonly received: bigint
  readonly capital: bigint
  readonly profit: bigint
  readonly gainPpmPerDay: number
  /** Of the KOIN of the schedule while it was there, millionths. */
  readonly attackerSharePpm: number
  readonly honestSharePpm: number
  readonly recycledPpm: number
  /** What the people of the honest subnets got by selling, a day, with the attacker, and without it. */
  readonly honestKoinPerDay: bigint
  readonly honestKoinPerDayBefore: bigint
}

export type EmissionAttackResult = {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly cells: readonly EmissionCell[]
}

export type EmissionLeagueReport = {
  readonly world: EmissionWorldSettings
  readonly policies: readonly { readonly name: string; readonly about: string }[]
  /** Without any attacker: what the honest subnets got of the issue, millionths in their order, and what was recycled. */
  readonly honest: readonly {
    readonly policy: string
    readonly sharesPpm: readonly number[]
    readonly recycledPpm: number
  }[]
  readonly attacks: readonly EmissionAttackResult[]
  readonly stepsPlayed: number
}

const attacker = 'attacker'
const million = 1_000_000n

/** Plays; yields after each world what comes next and how much is done, millionths. */
export function* runEmissionLeague(
  world: EmissionWorldSettings,
  attacks: readonly EmissionAttack[] = emissionAttacks,
): Generator<{ readonly text: string; readonly donePpm: number }, EmissionLeagueReport> {
  const worlds = playedPolicies.length * (attacks.length + 1)
  let done = 0
  let stepsPlayed = 0
  const cells = new Map<string, EmissionCell[]>(attacks.map(({ name }) => [name, []]))
  const honest: EmissionLeagueReport['honest'][number][] = []
  for (const { name: policy, policy: rule } of playedPolicies) {
    const next = (title: string) => ({
      text: `${title} under ${policy}`,
      donePpm: Math.floor((done++ * 1_000_000) / worlds),
    })
    yield next('No attacker')
    const alone = play(world, rule, undefined)
    stepsPlayed += alone.steps
    const shares = world.honest.map((_, index) => part(alone.injectedInto(index + 1), alone.issued))
    honest.push({ policy, sharesPpm: shares, recycledPpm: 1_000_000 - shares.reduce((sum, share) => sum + share, 0) })
    for (const attack of attacks) {
      yield next(attack.title)
      const played = play(world, rule, attack)
      stepsPlayed += played.steps
      cells.get(attack.name)?.push(cellOf(policy, world, played, alone))
    }
  }
  return {
    world,
    policies: playedPolicies.map(({ name, about }) => ({ name, about })),
    honest,
    attacks: attacks.map(({ name, title, about }) => ({ name, title, about, cells: cells.get(name) ?? [] })),
    stepsPlayed,
  }
}

/** All attacks, or those named. Throws `usage/unknown-name`. */
export function emissionAttacksNamed(names: readonly string[] | undefined): readonly EmissionAttack[] {
  return (names ?? emissionAttacks.map(({ name }) => name)).map((wanted) => {
    const found = emissionAttacks.find(({ name }) => name === wanted)
    if (found !== undefined) return found
    throw new KoinonError({
      code: 'usage/unknown-name',
      message: `There is no attack "${wanted}"`,
      hint: `Choose from: ${emissionAttacks.map(({ name }) => name).join(', ')}.`,
    })
  })
}

type Played = {
  readonly steps: number
  readonly issued: bigint
  injectedInto(netuid: number): bigint
  readonly own: readonly number[]
  readonly purse: { readonly paid: bigint; readonly received: bigint; readonly atMostOut: bigint }
  readonly soldByPeople: bigint
}

function play(settings: EmissionWorldSettings, policy: EmissionPolicy, attack: EmissionAttack | undefined): Played {
  const world = new EmissionWorld(settings, policy)
  const own: number[] = []
  const ownerOf = (netuid: number): string => (netuid <= settings.honest.length ? 'people' : attacker)
  const moves = attack?.moves()
  const hour = (): void => {
    world.wait(secondsPerStep / 2n)
    playHonest(world)
    world.wait(secondsPerStep / 2n - 1n)
    moves?.before?.(world, attacker, own)
    world.wait(1n)
    world.step(ownerOf)
    moves?.after?.(world, attacker, own)
  }
  const hours = (days: number): number => days * stepsPerDay
  for (let index = 0; index < hours(settings.daysBefore); index++) {
    world.wait(secondsPerStep / 2n)
    playHonest(world)
    world.wait(secondsPerStep / 2n)
    world.step(ownerOf)
  }
  const issuedBefore = world.issued
  const soldBefore = world.purseOf('people').received
  const injectedBefore = settings.honest.map((_, index) => world.injectedInto(index + 1))
  moves?.begin?.(world, attacker)
  const opened = world.subnets - settings.honest.length
  for (let index = 0; index < opened; index++) own.push(settings.honest.length + 1 + index)
  for (let index = 0; index < hours(settings.days); index++) hour()
  for (const netuid of own) world.sell(attacker, netuid, 1n << 96n)
  return {
    steps: hours(settings.daysBefore + settings.days),
    issued: world.issued - issuedBefore,
    injectedInto: (netuid) => world.injectedInto(netuid) - (injectedBefore[netuid - 1] ?? 0n),
    own,
    purse: world.purseOf(attacker),
    soldByPeople: world.purseOf('people').received - soldBefore,
  }
}

/** Half an hour before an opening: users come and go, and the people of each subnet sell their part of what came since. */
function playHonest(world: EmissionWorld): void {
  world.settings.honest.forEach(({ boughtKoinPerDay, soldPpm, leavingPpmPerDay }, index) => {
    const netuid = index + 1
    if (boughtKoinPerDay > 0n) world.buy('users', netuid, world.about(boughtKoinPerDay / BigInt(stepsPerDay)))
    const leaving = (world.alphaOf('users', netuid) * BigInt(leavingPpmPerDay)) / (million * BigInt(stepsPerDay))
    world.sell('users', netuid, leaving)
    const earned = world.alphaOf('people', netuid)
    world.sell('people', netuid, (earned * BigInt(soldPpm)) / million)
    world.credit('kept', netuid, world.alphaOf('people', netuid))
    world.credit('people', netuid, -world.alphaOf('people', netuid))
  })
}

function cellOf(policy: string, { honest, days }: EmissionWorldSettings, played: Played, alone: Played): EmissionCell {
  const { paid, received, atMostOut: capital } = played.purse
  const profit = received - paid
  const attackerSharePpm = part(
    played.own.reduce((sum, netuid) => sum + played.injectedInto(netuid), 0n),
    played.issued,
  )
  const honestSharePpm = part(
    honest.reduce((sum, _, index) => sum + played.injectedInto(index + 1), 0n),
    played.issued,
  )
  return {
    policy,
    paid,
    received,
    capital,
    profit,
    gainPpmPerDay: capital === 0n ? 0 : Number((profit * million) / (capital * BigInt(days))),
    attackerSharePpm,
    honestSharePpm,
    recycledPpm: 1_000_000 - attackerSharePpm - honestSharePpm,
    honestKoinPerDay: played.soldByPeople / BigInt(days),
    honestKoinPerDayBefore: alone.soldByPeople / BigInt(days),
  }
}

function part(amount: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((amount * million) / whole)
}
