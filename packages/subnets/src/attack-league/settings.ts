/** What a world of the league is made of; every field is a whole number or a word, so settings are equal when their JSON is. */
import { KoinonError } from '@koinon/base'
import type { WeightPolicy } from '../rules/subnet-file/weight-policy.ts'

/** How the stake is spread: alike, the k-th validator 1/k of the first, or half of it on one key. */
export type StakeSpread = 'equal' | 'zipf' | 'whale'

export type WorldSettings = {
  /** Any text. The same settings and seed give the same world, byte for byte. */
  readonly seed: string
  readonly epochs: number
  readonly validators: number
  readonly miners: number
  readonly stakes: StakeSpread
  /** Standard deviation of one validator's error about one miner in one epoch, millionths of the quality. */
  readonly noisePpm: number
  /** Standard deviation of a miner's step in quality from one epoch to the next, millionths of the quality. */
  readonly driftPpm: number
  /** How much of the way back to its usual quality a miner goes each epoch, millionths. */
  readonly returnPpm: number
  /** How often a validator has no answer of a miner in an epoch through its own fault, millionths. */
  readonly missPpm: number
  /** `open`: a row can be read as soon as it is sent. `sealed`: by commit and reveal, all rows of an epoch become readable together. */
  readonly rows: 'open' | 'sealed'
  /** Epochs that rows stay sealed beyond the reveal of their own epoch; only with `sealed`. */
  readonly hiddenEpochs: number
  /** How scores become weights; `exponent` holds with `linear` only. */
  readonly weights: WeightPolicy
  /** What a policy that is not linear sees for a quality of one and a half millions, millionths. */
  readonly honestScorePpm: number
  /** Weights are score^exponent. */
  readonly exponent: number
  /** `answers`: a seat scores by how good its answers are. `work`: by answers times its part of what its machine can do. */
  readonly scored: 'answers' | 'work'
  /** `marked`: a miner can tell a probe from a user. `blind`: samples are drawn from the users' own receipts. */
  readonly probes: 'marked' | 'blind'
  /** Incentive that falls on the owner's own keys: `paid` like any other, or `burned`, which also lowers the subnet's emission. */
  readonly ownerKeys: 'paid' | 'burned'
  /** What serving at full quality costs, millionths of a miner's average pay. */
  readonly workCostPpm: number
  /** Price of a first registration, thousandths of a miner's average pay in an epoch; x1.26 each, halved each epoch. */
  readonly seatPriceMilli: number
}

/** A world in which the honest majority is as sharp as a good subnet's: 3 % error against 6 % drift an epoch. */
export const defaultWorld: WorldSettings = {
  seed: 'koinon',
  epochs: 100,
  validators: 24,
  miners: 48,
  stakes: 'zipf',
  noisePpm: 30_000,
  driftPpm: 60_000,
  returnPpm: 50_000,
  missPpm: 0,
  rows: 'sealed',
  hiddenEpochs: 0,
  weights: 'linear',
  honestScorePpm: 1_000_000,
  exponent: 1,
  scored: 'answers',
  probes: 'marked',
  ownerKeys: 'paid',
  workCostPpm: 500_000,
  seatPriceMilli: 5_000,
}

const bounds: Readonly<Partial<Record<keyof WorldSettings, readonly [number, number]>>> = {
  epochs: [10, 100_000],
  validators: [4, 128],
  miners: [8, 252],
  noisePpm: [0, 500_000],
  driftPpm: [0, 500_000],
  returnPpm: [0, 1_000_000],
  missPpm: [0, 900_000],
  hiddenEpochs: [0, 64],
  honestScorePpm: [1, 1_000_000],
  exponent: [1, 4],
  workCostPpm: [0, 990_000],
  seatPriceMilli: [0, 1_000_000],
}

/** The settings again, once every number is whole and within its bounds. Throws `subnets/bad-world` naming the field. */
export function checkedWorld(settings: WorldSettings): WorldSettings {
  for (const [field, [least, most]] of Object.entries(bounds)) {
    const value = settings[field as keyof WorldSettings] as number
    if (!Number.isInteger(value) || value < least || value > most) {
      throw badWorld(`${field} must be a whole number from ${least} to ${most}, not ${value}`)
    }
  }
  if (settings.validators + settings.miners > 256)
    throw badWorld('a subnet has at most 256 seats, validators and miners together')
  return settings
}

function badWorld(problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-world',
    message: `This world cannot be: ${problem}`,
    hint: 'Start from the defaults: koinon subnet sim.',
  })
}
