/** What a world of the emission league is like. Amounts in atomic units of KOIN, parts in millionths. */
import { KoinonError } from '@koinon/base'

const koin = 10n ** 18n

/** A subnet that does what subnets are for: its people work, sell a part of what they earn and keep the rest; its users buy its alpha. */
export type HonestSubnet = {
  readonly name: string
  /** Around this much, give or take half of it. */
  readonly boughtKoinPerDay: bigint
  /** Of what accrues to owner, miners and stake, sold as it comes. */
  readonly soldPpm: number
  /** Of what its users hold, sold each day. */
  readonly leavingPpmPerDay: number
}

export type EmissionWorldSettings = {
  readonly seed: string
  readonly honest: readonly HonestSubnet[]
  /** Before the attacker comes, and with it. */
  readonly daysBefore: number
  readonly days: number
  readonly koinPerSecond: bigint
  readonly alphaPerSecond: bigint
  readonly genesisKoin: bigint
  readonly rootStake: bigint
  readonly minimumLock: bigint
  /** What an attacker that works with capital brings, beside its lock. */
  readonly attackersKoin: bigint
}

/** Amounts of a local network; the honest subnets are busy, middling, small, and without users. */
export const defaultEmissionWorld: EmissionWorldSettings = {
  seed: 'koinon',
  honest: [
    { name: 'busy', boughtKoinPerDay: 400n * koin, soldPpm: 500_000, leavingPpmPerDay: 10_000 },
    { name: 'middling', boughtKoinPerDay: 150n * koin, soldPpm: 500_000, leavingPpmPerDay: 10_000 },
    { name: 'small', boughtKoinPerDay: 50n * koin, soldPpm: 700_000, leavingPpmPerDay: 20_000 },
    { name: 'without users', boughtKoinPerDay: 0n, soldPpm: 500_000, leavingPpmPerDay: 0 },
  ],
  daysBefore: 10,
  days: 30,
  koinPerSecond: koin / 20n,
  alphaPerSecond: koin / 20n,
  genesisKoin: 1_000_000n * koin,
  rootStake: 10_000n * koin,
  minimumLock: 100n * koin,
  attackersKoin: 1_000n * koin,
}

/** Throws `subnets/out-of-range` on settings that make no world. */
export function checkedEmissionWorld(settings: EmissionWorldSettings): EmissionWorldSettings {
  const { honest, daysBefore, days, attackersKoin, minimumLock } = settings
  const isDays = (value: number, least: number): boolean => Number.isInteger(value) && value >= least && value <= 1_000
  if (honest.length === 0 || honest.length > 16) throw outOfRange('A world has 1 to 16 honest subnets')
  if (!isDays(days, 1) || !isDays(daysBefore, 0)) throw outOfRange('A world lasts 1 to 1,000 days')
  if (attackersKoin < koin || attackersKoin > 1_000_000n * koin)
    throw outOfRange('An attacker brings 1 to 1,000,000 KOIN')
  if (minimumLock < koin) throw outOfRange('A lock is 1 KOIN or more')
  return settings
}

function outOfRange(message: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message })
}
