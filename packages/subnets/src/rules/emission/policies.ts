/** Emission policies by name, with their default parameters. */
import { equal } from './equal.ts'
import { netFlow, taoflow } from './flow.ts'
import { hillGate } from './hill-gate.ts'
import type { EmissionPolicy } from './policy.ts'
import { priceEma } from './price-ema.ts'
import { revenueWeighted } from './revenue-weighted.ts'
import { userCapital } from './user-capital.ts'

export type EmissionPolicyName =
  | 'priceEma'
  | 'taoflow'
  | 'netFlow'
  | 'hillGate'
  | 'revenueWeighted'
  | 'equal'
  | 'userCapital'

export const emissionPolicies: Readonly<Record<EmissionPolicyName, EmissionPolicy>> = {
  priceEma,
  taoflow: taoflow(),
  netFlow: netFlow(),
  hillGate: hillGate(),
  revenueWeighted,
  equal,
  userCapital: userCapital(),
}
