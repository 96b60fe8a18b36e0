/** Emission policy `equal`: every eligible subnet the same. */
import { definePolicy } from './policy.ts'

export const equal = definePolicy('equal', 1, 'one each; Q64 floor, rest to the first', (subnets) =>
  subnets.map(() => 1n),
)
