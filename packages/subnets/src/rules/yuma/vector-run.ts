/** Runs the epochs of a file one after the other, bonds carried from one to the next (specs/0011-yuma.md section 9). */
import { KoinonError } from '@koinon/base'
import { runYumaEpoch, type UidRow } from './epoch.ts'
import { inputFields, parameterFields, readVector } from './vector-input.ts'
import { checkField, describeEpoch, type FieldCheck, isHeld, isResult } from './vector-results.ts'
import { isObject, type JsonObject } from './vector-values.ts'

export type VectorOutcome = {
  readonly label: string
  /** Every field that the vector holds, compared; empty when it holds no results. */
  readonly checks: Readonly<Record<string, FieldCheck>>
  /** False when a field differs or the vector could not be run; null when there was nothing to compare. */
  readonly agrees: boolean | null
  /** Why it could not be run. */
  readonly problem?: string
  /** Results by name, in the shapes of the file. */
  readonly results: JsonObject
}

export type VectorsRun = {
  readonly vectors: readonly VectorOutcome[]
  /** Labels of the file that are no epochs. */
  readonly leftOut: readonly string[]
  readonly warnings: readonly string[]
}

type Done = { readonly label: string; readonly bonds: readonly UidRow[] }

/** Runs all epochs of a parsed file. Throws `subnets/bad-vector-file` when it is no file of vectors; what one vector lacks is told in it. */
export function runEpochVectors(file: unknown): VectorsRun {
  const list = Array.isArray(file) ? file : isObject(file) ? file['vectors'] : undefined
  if (!Array.isArray(list) || !list.every(isObject)) {
    throw new KoinonError({
      code: 'subnets/bad-vector-file',
      message: 'The file holds no list of vectors',
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

/** What says "same" is that of the vector before. */
function repeatFields(vector: JsonObject, before: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(vector).map(([name, value]) => [name, value === 'same' ? before[name] : value]),
  )
}

function runVector(vector: JsonObject, done: Done[], warnings: string[]): VectorOutcome {
  const label = String(vector['label'])
  warnings.push(...unknownFields(vector).map((name) => `${label}: "${name}" is not a known field and was left out`))
  try {
    const bonds = carriedBonds(vector, done, warnings)
    const { subnet, parameters } = readVector(vector, bonds)
    const epoch = runYumaEpoch(subnet, parameters)
    done.push({ label, bonds: epoch.bonds })
    const compared = Object.keys(vector).filter((name) => isResult(name) && isHeld(vector, name))
    const checks = Object.fromEntries(compared.map((name) => [name, checkField(epoch, vector, name, subnet.emission)]))
    const agrees = compared.length === 0 ? null : Object.values(checks).every((check) => check.agrees)
    return { label, checks, agrees, results: describeEpoch(epoch, vector) }
  } catch (error) {
    if (!(error instanceof KoinonError)) throw error
    return { label, checks: {}, agrees: false, problem: error.message, results: {} }
  }
}

/** The new bonds of the vector that is named; without a name those of the one before, if it is of the same series and size. */
function carriedBonds(vector: JsonObject, done: readonly Done[], warnings: string[]): readonly UidRow[] | undefined {
  const from = vector['carry_bonds_from']
  const label = String(vector['label'])
  if (typeof from === 'string') {
    const named = done.findLast((item) => item.label === from)
    if (named === undefined) warnings.push(`${label}: no epoch "${from}" stands before it, so it begins without bonds`)
    return named?.bonds
  }
  const last = done.at(-1)
  if (from !== undefined || last === undefined || seriesOf(last.label) !== seriesOf(label)) return undefined
  const count = Array.isArray(vector['stake']) ? vector['stake'].length : vector['n']
  return last.bonds.length === count ? last.bonds : undefined
}

function seriesOf(label: string): string {
  return label.replace(/\.[^.]*$/, '')
}

function unknownFields(vector: JsonObject): readonly string[] {
  const parameters = isObject(vector['params']) ? Object.keys(vector['params']) : []
  return [
    ...Object.keys(vector).filter((name) => !inputFields.has(name) && !parameterFields.has(name) && !isResult(name)),
    ...parameters.filter((name) => !parameterFields.has(name)).map((name) => `params.${name}`),
  ]
}
