/** What every definition of a subnet begins with, whether it is a file of questions or an in-process value, checked in one place. */
import { KoinonError } from '@koinon/base'
import { aggregatorNames } from './aggregators/index.ts'

/** Unchecked. `aggregatorField` is what the definition at hand calls the name of its aggregator. */
export type DefinitionHead = {
  readonly name: unknown
  readonly version: unknown
  readonly aggregator: unknown
  readonly aggregatorField: string
}

/** Throws `subnets/bad-definition` naming the field. */
export function checkHead({ name, version, aggregator, aggregatorField }: DefinitionHead): void {
  if (typeof name !== 'string' || !/^[\x20-\x7e]{1,64}$/.test(name)) {
    throw badDefinition('name', 'must be 1 to 64 printable characters')
  }
  requireWhole('version', version, 1, 0xffff_ffff)
  if ((aggregatorNames as readonly unknown[]).includes(aggregator)) return
  const why = aggregator === 'refereed' ? ': refereed goes by verdicts of disputes, and nothing brings any yet' : ''
  throw badDefinition(aggregatorField, `must be one of ${aggregatorNames.join(', ')}${why}`)
}

/** Throws `subnets/bad-definition` naming the field. */
export function requireWhole(field: string, value: unknown, least: number, most: number): void {
  if (isWhole(value, least, most)) return
  throw badDefinition(field, `must be a whole number from ${least} to ${most}`)
}

/** Whether a value is a whole number between two others, both included. */
export function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}

/** `field` as the founder wrote it, with the place of a mechanism before it; `problem` goes on with the sentence. */
export function badDefinition(field: string, problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-definition',
    message: `The subnet's ${field} ${problem}`,
    details: { field: field.replace(/\[.*/, '') },
  })
}
