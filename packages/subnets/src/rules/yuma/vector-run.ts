/** Runs the epochs of a file one after the other, bonds carried from one to the next (specs/0011-yuma.md section 9). */
import { KoinonError } from '@koinon/base'
import { runYumaEpoch, type UidRow } from './epoch.ts'
import { clockFields, inputFields, parameterFields, readVector } from './vector-input.ts'
import { checkField, describeEpoch, type FieldCheck, isHeld, isResult } from './vector-results.ts'
import { badVector, isObject, type JsonObject } from './vector-values.ts'

export type VectorOutcome = {
  readonly label: string
  /** Every field that the vector holds, compared; empty when it holds no results. */
  readonly checks: Readonly<Record<string, FieldCheck>>
  /** False when a field differs or the vector could not be run; null when there was nothing to compare. */
  readonly agrees: boolean | null
  /** Why it could not be run. */
  readonly problem?: string
  /** The vector whose new bonds this one began with; null where it began with none, or with `bonds_in`. */
  readonly bondsFrom: string | null
  /** Results by name, in the shapes of the file. */
  readonly results: JsonObject
}

export type VectorsRun = {
  readonly vectors: readonly VectorOutcome[]
  /** Labels of the file that are no epochs. */
  readonly leftOut: readonly string[]
  readonly warnings: readonly string[]
}

/** `bonds` is undefined where the vector could not be run. */
type Done = { readonly label: string; readonly bonds: readonly UidRow[] | undefined }

/**
 * Runs all epochs of a parsed file, called `name` in errors. Throws `subnets/bad-vector-file` when it is no file of vectors; what one
 * vector lacks is told in it.
 */
export function runEpochVectors(file: unknown, name = 'The file'): VectorsRun {
  const list = Array.isArray(file) ? file : isObject(file) ? file['vectors'] : undefined
  if (!Array.isArray(list) || !list.every(isObject)) {
    throw new KoinonError({
      code: 'subnets/bad-vector-file',
      message: `${name} holds no list of vectors`,
      hint: 'It is {"vectors": [{"label": "yuma3.name.epoch0", ...}, ...]}, as specs/0011-yuma.md section 9 says.',
    })
  }
  const warnings: string[] = []
  const isEpoch = (vector: JsonObject): boolean => /^yuma[23]/.test(String(vector['label']))
  const done: Done[] = []
  let before: JsonObject = {}
  const vectors = list.filter(isEpoch).map((vector) => {
    before = repeatFields(vector, before)
    return runVector(before, done, warnings)
  })
  return {
    vectors,
    leftOut: list.filter((vector) => !isEpoch(vector)).map((vector) => String(vector['label'] ?? 'without a label')),
    warnings,
  }
}

/** What says "same" is that of the vector before; what is null is not there, but for bonds, of which null says that there are none. */
function repeatFields(vector: JsonObject, before: JsonObject): JsonObject {
  const repeated = Object.entries(vector).map(
    ([name, value]) => [name, value === 'same' ? before[name] : value] as const,
  )
  return Object.fromEntries(repeated.filter(([name, value]) => value !== null || name === 'carry_bonds_from'))
}

function runVector(vector: JsonObject, done: Done[], warnings: string[]): VectorOutcome {
  const label = String(vector['label'])
  if (done.some((item) => item.label === label)) warnings.push(`${label}: two epochs have this label`)
  warnings.push(...unknownFields(vector).map((name) => `${label}: "${name}" is not a known field and was left out`))
  let bondsFrom: string | null = null
  try {
    const carried = vector['bonds_in'] === undefined ? carriedFrom(vector, done) : undefined
    bondsFrom = carried?.label ?? null
    const { subnet, parameters } = readVector(vector, carried?.bonds)
    const epoch = runYumaEpoch(subnet, parameters)
    const compared = Object.keys(vector).filter((name) => isResult(name) && isHeld(vector, name))
    const checks = Object.fromEntries(compared.map((name) => [name, checkField(epoch, vector, name, subnet.emission)]))
    const agrees = compared.length === 0 ? null : Object.values(checks).every((check) => check.agrees)
    const results = describeEpoch(epoch, vector)
    done.push({ label, bonds: epoch.bonds })
    return { label, checks, agrees, bondsFrom, results }
  } catch (error) {
    if (!(error instanceof KoinonError)) throw error
    done.push({ label, bonds: undefined })
    return { label, checks: {}, agrees: false, problem: error.message, bondsFrom, results: {} }
  }
}

/** The vector that is named; without a name the one before, if it is of the same series and size. Throws `subnets/bad-vector`. */
function carriedFrom(vector: JsonObject, done: readonly Done[]): Done | undefined {
  const field = 'carry_bonds_from'
  const from = vector[field]
  if (from === null) return undefined
  if (from !== undefined) {
    if (typeof from !== 'string') throw badVector(field, `has ${JSON.stringify(from)}, not the label of a vector`)
    const named = done.findLast((item) => item.label === from)
    if (named === undefined) throw badVector(field, `names "${from}", and no such epoch stands before this one`)
    return computed(named)
  }
  const last = done.at(-1)
  if (last === undefined || seriesOf(last.label) !== seriesOf(String(vector['label']))) return undefined
  const count = Array.isArray(vector['stake']) ? vector['stake'].length : vector['n']
  return computed(last).bonds?.length === count ? last : undefined
}

function computed(item: Done): Done {
  if (item.bonds === undefined) throw badVector('carry_bonds_from', `is "${item.label}", which could not be computed`)
  return item
}

function seriesOf(label: string): string {
  return label.replace(/\.[^.]*$/, '')
}

function unknownFields(vector: JsonObject): readonly string[] {
  const parameters = isObject(vector['params']) ? Object.keys(vector['params']) : []
  return [
    ...Object.keys(vector).filter((name) => !inputFields.has(name) && !parameterFields.has(name) && !isResult(name)),
    ...parameters
      .filter((name) => !parameterFields.has(name) && !clockFields.has(name))
      .map((name) => `params.${name}`),
  ]
}
