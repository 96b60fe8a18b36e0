/** Emission policy `equal`: every eligible subnet the same, as specs/0010 section 4 splits today. */
import { definePolicy } from './policy.ts'

export const equal = definePolicy('equal', 1, 'one each; Q64 floor, rest to the first', (subnets) =>
  subnets.map(() => 1n),
)
