import { parseInteger } from './runner.ts'

/** As far as the index numbers them. */
const maximumNetuid = 2 ** 31 - 1

/** A subnet's number, from 1 on, or from the root's 0 on. `what`: what names it, an argument or a flag. Throws `usage/bad-number`. */
export function parseNetuid(text: string, what: 'the subnet' | '--netuid' = 'the subnet', least: 0 | 1 = 1): number {
  return parseInteger(text, what, least, maximumNetuid)
}
