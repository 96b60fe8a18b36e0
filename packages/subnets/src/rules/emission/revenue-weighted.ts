/** Emission policy `revenueWeighted`: sales of the period. Honest only where buying from oneself costs more than it earns. */
import { definePolicy } from './policy.ts'

export const revenueWeighted = definePolicy(
  'revenueWeighted',
  1,
  'revenue; Q64 floor, rest to the first of the largest',
  (subnets) => subnets.map(({ revenue }) => revenue),
)
