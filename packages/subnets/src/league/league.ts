/** Plays every attack under every mechanism against honest twins, tries the mends, and says what pays. */
import { KoinonError } from '@koinon/base'
import type { Attack, Match } from './attack.ts'
import { honestPlay } from './attack.ts'
import { attacks as builtInAttacks } from './attacks/index.ts'
import { playCopierAges } from './copier-ages.ts'
import { type Gain, gainOver, gainPpm, type Verdict, verdictOf } from './gain.ts'
import type { Mechanism } from './mechanism.ts'
import { mechanisms as allMechanisms } from './mechanisms.ts'
import { type Player, playWorld, takingsOf } from './play.ts'
import type { WorldSettings } from './settings.ts'
import { heldPpm } from './stakes.ts'
import { World } from './world.ts'

export type LeagueOptions = {
  /** The world that attacks adapt; its seed is the first part of every world's seed. */
  readonly world: WorldSettings
  /** Worlds a cell, each with a seed of its own. */
  readonly seeds: number
  readonly attacks: readonly Attack[]
  readonly mechanisms: readonly Mechanism[]
  readonly behaviours?: readonly Behaviour[]
}

/** An attack under one mechanism; `gain` is undefined where honest play earns nothing. */
export type Cell = { readonly mechanism: string; readonly gain: Gain | undefined; readonly verdict: Verdict }

export type MendResult = {
  readonly title: string
  /** Under which the attack paid, and under which it was played again. */
  readonly mechanism: string
  readonly mendedMechanism: string
  readonly before: Gain
  readonly after: Gain | undefined
  /** Mended when the attack no longer pays. */
  readonly verdict: Verdict
  /** What it does not mend; empty when nothing is known. */
  readonly but: string
}

export type AttackResult = {
  readonly name: string
  readonly title: string
  readonly hope: string
  /** Part of the stake that the player's validators hold in the first world, millionths; and how many miners it has. */
  readonly stakePpm: number
  readonly miners: number
  readonly cells: readonly Cell[]
  readonly mends: readonly MendResult[]
  /** Said where it pays somewhere, and where it fails somewhere. */
  readonly reason: string
  readonly failure: string
}

/** What copying rows of a certain age earns, for one pace of change of the miners. */
export type AgeCurve = {
  readonly driftPpm: number
  readonly points: readonly { readonly ageEpochs: number; readonly gain: Gain }[]
}

/** What a subnet file's own functions make of a kind of answers. */
export type Behaviour = {
  readonly name: string
  readonly title: string
  /** How such answers are made. */
  readonly about: string
  /** Mean score, millionths. */
  readonly scorePpm: number
}

export type LeagueReport = {
  readonly v: 1
  readonly world: WorldSettings
  readonly seeds: number
  readonly mechanisms: readonly { readonly name: string; readonly title: string; readonly about: string }[]
  readonly attacks: readonly AttackResult[]
  /** Empty unless a copier was played. */
  readonly copierAges: { readonly mechanism: string; readonly noisePpm: number; readonly curves: readonly AgeCurve[] }
  /** Empty unless a subnet file was given. */
  readonly behaviours: readonly Behaviour[]
  /** Worlds' epochs that were played for all of it. */
  readonly epochsPlayed: number
}

export type LeagueProgress = { readonly text: string; readonly epochsPlayed: number; readonly donePpm: number }

/** Plays one twin of a match and gives the player's takings. */
export type Scorekeeper = {
  gain(match: Match, attack: Attack, settings: WorldSettings, mechanism: Mechanism): bigint | undefined
  readonly epochsPlayed: number
}

/** Runs the league, yielding after each game (a few worlds); stop iterating to stop. Pure: equal options give equal reports. */
export function* runLeague(options: LeagueOptions): Generator<LeagueProgress, LeagueReport> {
  const { world, seeds, attacks, mechanisms } = options
  const scorekeeper = createScorekeeper()
  const hasCopier = attacks.some(({ name }) => name.startsWith('copier'))
  const games = attacks.length * mechanisms.length + (hasCopier ? mechanisms.length : 0)
  let done = 0
  const progress = (text: string): LeagueProgress => ({
    text,
    epochsPlayed: scorekeeper.epochsPlayed,
    donePpm: Math.min(1_000_000, Math.floor((done * 1_000_000) / games)),
  })
  const results: AttackResult[] = []
  for (const attack of attacks) {
    const cells: Cell[] = []
    for (const mechanism of mechanisms) {
      cells.push(cellOf(mechanism, yield* playSeeds(attack, attack.world(world), mechanism, progress)))
      done += 1
    }
    const mends: MendResult[] = []
    const worst =
      cells.find((cell) => cell.verdict === 'profitable' && cell.mechanism === 'yuma3') ??
      cells.find((cell) => cell.verdict === 'profitable')
    for (const mend of worst === undefined ? [] : attack.mends) {
      const mechanism = mechanismNamed(mend.mechanism ?? (worst as Cell).mechanism)
      const after = yield* playSeeds(attack, mend.world(attack.world(world)), mechanism, progress)
      const { gain, verdict } = cellOf(mechanism, after)
      const { mechanism: before, gain: gainBefore } = worst as Cell
      mends.push({
        title: mend.title,
        mechanism: before,
        mendedMechanism: mechanism.name,
        before: gainBefore as Gain,
        after: gain,
        verdict,
        but: mend.but ?? '',
      })
    }
    const { name, title, hope, reason, failure } = attack
    results.push({ name, title, hope, ...sizeOf(attack, world), cells, mends, reason, failure })
  }
  const agesMechanism = mechanisms.find(({ name }) => name === 'yuma3') ?? (mechanisms[0] as Mechanism)
  const curves = hasCopier ? yield* playCopierAges(world, seeds, agesMechanism, scorekeeper, progress) : []
  return {
    v: 1,
    world,
    seeds,
    mechanisms: mechanisms.map(({ name, title, about }) => ({ name, title, about })),
    attacks: results,
    copierAges: { mechanism: agesMechanism.name, noisePpm: world.noisePpm, curves },
    behaviours: options.behaviours ?? [],
    epochsPlayed: scorekeeper.epochsPlayed,
  }

  function* playSeeds(
    attack: Attack,
    settings: WorldSettings,
    mechanism: Mechanism,
    report: (text: string) => LeagueProgress,
  ): Generator<LeagueProgress, readonly bigint[]> {
    const gains: bigint[] = []
    for (const seed of seedsOf(world.seed, seeds)) {
      yield report(`${attack.title} under ${mechanism.title}`)
      const seeded = { ...settings, seed }
      const gain = scorekeeper.gain(attack.match(new World(seeded)), attack, seeded, mechanism)
      if (gain !== undefined) gains.push(gain)
    }
    return gains
  }
}

/** The attacks and mechanisms that names ask for; without names the usual ones. Throws `usage/unknown-name`. */
export function attacksNamed(names: readonly string[] | undefined): readonly Attack[] {
  return named('attack', builtInAttacks, names ?? builtInAttacks.map(({ name }) => name))
}

export function mechanismsNamed(names: readonly string[] | undefined): readonly Mechanism[] {
  const usual = allMechanisms.map(({ name }) => name).filter((name) => name !== 'yuma3-liquid-decay')
  return named('mechanism', allMechanisms, names ?? usual)
}

/** The seeds of a league, one a world. */
export function seedsOf(seed: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${seed}/${index}`)
}

/** Plays twins; an honest world that several attacks share is played once. */
export function createScorekeeper(): Scorekeeper {
  const honestWorlds = new Map<string, World>()
  let epochsPlayed = 0
  const play = (settings: WorldSettings, mechanism: Mechanism, hooks: ReturnType<Match['attack']>): World => {
    epochsPlayed += settings.epochs
    return playWorld(settings, mechanism, hooks)
  }
  const honestWorld = (match: Match, attack: Attack, settings: WorldSettings, mechanism: Mechanism): World => {
    const hooks = match.honest()
    const isPlain = hooks === honestPlay
    // Who plays honestly sees no difference between these.
    const same = { rows: 'sealed', hiddenEpochs: 0, probes: 'blind', scored: 'answers', ownerKeys: 'paid' } as const
    const key = JSON.stringify([
      mechanism.name,
      isPlain ? '' : attack.name,
      isPlain ? { ...settings, ...same } : settings,
    ])
    const known = honestWorlds.get(key)
    if (known !== undefined) return known
    const world = play(settings, mechanism, hooks)
    honestWorlds.set(key, world)
    return world
  }
  return {
    gain: (match, attack, settings, mechanism) => {
      const honest = takingsOf(match.player, honestWorld(match, attack, settings, mechanism))
      return gainPpm(takingsOf(match.player, play(settings, mechanism, match.attack())), honest)
    },
    get epochsPlayed() {
      return epochsPlayed
    },
  }
}

function cellOf({ name }: Mechanism, gains: readonly bigint[]): Cell {
  const gain = gainOver(gains)
  return { mechanism: name, gain, verdict: gain === undefined ? 'unclear' : verdictOf(gain) }
}

function mechanismNamed(name: string): Mechanism {
  return named('mechanism', allMechanisms, [name])[0] as Mechanism
}

function sizeOf(attack: Attack, settings: WorldSettings): { readonly stakePpm: number; readonly miners: number } {
  const world = new World({ ...attack.world(settings), seed: `${settings.seed}/0` })
  const { player }: { player: Player } = attack.match(world)
  return { stakePpm: heldPpm(world.stake, player.validators), miners: player.miners.length }
}

function named<item extends { readonly name: string }>(
  kind: string,
  known: readonly item[],
  names: readonly string[],
): readonly item[] {
  return names.map((name) => {
    const found = known.find((item) => item.name === name)
    if (found !== undefined) return found
    throw new KoinonError({
      code: 'usage/unknown-name',
      message: `There is no ${kind} "${name}"`,
      hint: `Choose from: ${known.map((item) => item.name).join(', ')}.`,
    })
  })
}
