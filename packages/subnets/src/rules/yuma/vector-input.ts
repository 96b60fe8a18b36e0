/** From a vector of a file to the input of an epoch (specs/0011-yuma.md section 9). */
import { toU16, wholeQ32 } from '../fixed/q32.ts'
import { maximumUids, type UidRow, type YumaSubnet } from './epoch.ts'
import { liquidAlphaDefaults, type YumaParameters, yuma2Defaults, yuma3Defaults } from './parameters.ts'
import { largestShares, stakeShares } from './stake.ts'
import { badVector, isObject, type JsonObject, listOf, rowOf, wholeAmount, wholeNumber } from './vector-values.ts'

export type VectorInput = { readonly subnet: YumaSubnet; readonly parameters: YumaParameters }

const defaultMaximumValidators = 64
const defaultEmission = 1_000_000_000
const defaultCutoff = 5_000

/** Fields of one number that may also stand among the parameters. */
export const clockFields: ReadonlySet<string> = new Set(
  'block cutoff activity_cutoff last_tempo tempo owner_uid stake_threshold'.split(' '),
)
/** Fields and parameters that are read; everything else is a result or unknown. */
export const inputFields: ReadonlySet<string> = new Set([
  ...clockFields,
  ...(
    'label src source note comment params tol n stake permits weights carry_bonds_from bonds_in miner_uids validator_uids ' +
    'last_update reg_block block_at_registration oldest_commit'
  ).split(' '),
])
export const parameterFields: ReadonlySet<string> = new Set(
  (
    'kappa bonds_penalty bonds_moving_avg yuma3 liquid alpha_low alpha_high steepness max_validators emission stake_cap_percent ' +
    'liquid_form'
  ).split(' '),
)

/** `carried`: the new bonds of the epoch before, if this one begins with them. Throws `subnets/bad-vector` naming the field. */
export function readVector(vector: JsonObject, carried: readonly UidRow[] | undefined): VectorInput {
  if (vector['params'] !== undefined && !isObject(vector['params'])) throw badVector('params', 'is not an object')
  const parameters = parametersOf(vector)
  const count = countOf(vector)
  const stakes = listOf(vector['stake'], count, 'stake', 0n, wholeAmount)
  const blocks = (field: string, missing: number): readonly number[] | undefined =>
    vector[field] === undefined ? undefined : listOf(vector[field], count, field, missing, wholeNumber)
  const number = (field: string): number | undefined => {
    const value = parameter(vector, field)
    return value === undefined ? undefined : wholeNumber(value, field)
  }
  const threshold = parameter(vector, 'stake_threshold')
  const stakeThreshold = threshold === undefined ? undefined : wholeAmount(threshold, 'stake_threshold')
  const permits =
    vector['permits'] === undefined
      ? undefined
      : listOf(vector['permits'], count, 'permits', false, (item, field) => wholeNumber(item, field) !== 0)
  const given = parameter(vector, 'max_validators')
  const maximumValidators =
    given === undefined
      ? Math.max(defaultMaximumValidators, permits?.filter(Boolean).length ?? 0)
      : wholeNumber(given, 'max_validators')
  const block = number('block')
  const tempo = number('tempo')
  const bondsSince =
    number('last_tempo') ?? (block === undefined || tempo === undefined ? undefined : Math.max(0, block - tempo))
  const emission = isAmount(vector['emission']) ? vector['emission'] : parameter(vector, 'emission')
  return {
    parameters,
    subnet: defined({
      stakes,
      permits:
        permits ??
        largestShares(
          stakeShares(stakes.map((stake) => (stake < (stakeThreshold ?? 0n) ? 0n : stake))),
          maximumValidators,
        ),
      weights: weightsOf(vector, count),
      bonds: bondsOf(vector, count, carried),
      maximumValidators,
      emission: wholeAmount(emission ?? defaultEmission, 'emission'),
      ownerUid: number('owner_uid'),
      stakeThreshold,
      activity:
        block === undefined
          ? undefined
          : { block, cutoff: number('cutoff') ?? number('activity_cutoff') ?? defaultCutoff },
      lastUpdates: blocks('last_update', 0),
      registeredAt: blocks('reg_block', 0) ?? blocks('block_at_registration', 0),
      oldestCommits: blocks('oldest_commit', Number.POSITIVE_INFINITY),
      bondsSince,
    }),
  }
}

/** Seats that dense rows are about. Throws `subnets/bad-vector`. */
function uidList(vector: JsonObject, field: string): readonly number[] | undefined {
  const list = vector[field]
  if (list === undefined) return undefined
  if (!Array.isArray(list)) throw badVector(field, 'is not a list of uids')
  return list.map((item) => wholeNumber(item, field))
}

function parametersOf(vector: JsonObject): YumaParameters {
  const read = (name: string, missing: number): number => wholeNumber(parameter(vector, name) ?? missing, name)
  const isYuma3 = read('yuma3', String(vector['label']).startsWith('yuma3') ? 1 : 0) !== 0
  const defaults = isYuma3 ? yuma3Defaults : yuma2Defaults
  const cap = parameter(vector, 'stake_cap_percent')
  const isDecaying = parameter(vector, 'liquid_form') === 'decaying'
  return {
    rule: defaults.rule,
    kappaU16: read('kappa', defaults.kappaU16),
    bondsPenaltyU16: read('bonds_penalty', defaults.bondsPenaltyU16),
    bondsMovingAveragePpm: read('bonds_moving_avg', defaults.bondsMovingAveragePpm),
    ...(cap === undefined ? {} : { stakeCapPercent: wholeNumber(cap, 'stake_cap_percent') }),
    ...(read('liquid', 0) === 0
      ? {}
      : {
          liquidAlpha: {
            form: isDecaying ? 'decaying' : 'sparse',
            lowU16: storedShare(parameter(vector, 'alpha_low'), 'alpha_low') ?? liquidAlphaDefaults.lowU16,
            highU16: storedShare(parameter(vector, 'alpha_high'), 'alpha_high') ?? liquidAlphaDefaults.highU16,
            steepness: read('steepness', liquidAlphaDefaults.steepness),
          },
        }),
  }
}

/** A share up to 1 as it is stored, or what is stored already. */
function storedShare(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined
  return typeof value === 'number' && value >= 0 && value <= 1
    ? toU16(Math.round(value * wholeQ32))
    : wholeNumber(value, field)
}

function parameter(vector: JsonObject, name: string): unknown {
  const value = isObject(vector['params']) ? vector['params'][name] : undefined
  return value ?? (name === 'emission' ? undefined : (vector[name] ?? undefined))
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string'
}

function countOf(vector: JsonObject): number {
  const { n, stake } = vector
  if (stake === undefined) throw badVector('stake', 'is missing')
  if (n === undefined && !Array.isArray(stake)) throw badVector('n', 'is missing beside stakes that are no list')
  const count = n === undefined && Array.isArray(stake) ? stake.length : wholeNumber(n, 'n')
  if (count < 0 || count > maximumUids) throw badVector('n', `is ${count}, not from 0 to ${maximumUids} uids`)
  return count
}

function weightsOf(vector: JsonObject, count: number): readonly UidRow[] {
  if (vector['weights'] === undefined) throw badVector('weights', 'is missing')
  const seats = uidList(vector, 'miner_uids')
  return listOf<UidRow>(vector['weights'], count, 'weights', [], (row, field) => rowOf(row, count, seats, field))
}

function bondsOf(vector: JsonObject, count: number, carried: readonly UidRow[] | undefined): readonly UidRow[] {
  const given = vector['bonds_in']
  if (given !== undefined) {
    const seats = uidList(vector, 'miner_uids')
    return listOf<UidRow>(given, count, 'bonds_in', [], (row, field) => rowOf(row, count, seats, field))
  }
  if (carried === undefined) return Array.from({ length: count }, () => [])
  if (carried.length !== count)
    throw badVector('carry_bonds_from', `names a vector with ${carried.length} uids, not ${count}`)
  return carried
}

/** Without what is undefined: optional fields are left out. */
function defined<value extends object>(value: { [key in keyof value]: value[key] | undefined }): value {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as value
}
