/** Checks of pools, stake, subnets, epochs and emission, a file a check: specs/0019-audit.md section 2. */
import type { AuditCheck, AuditSource } from '@koinon/ledger/audit'
import { aggregators } from '../../rules/aggregators/index.ts'
import { accrualCheck } from './accrual-check.ts'
import { createClaimsCheck } from './claims-check.ts'
import { createEvidenceCheck, type DefinitionOf } from './evidence-check.ts'
import { mintsCheck } from './mints-check.ts'
import { ownershipCheck } from './ownership-check.ts'
import { permitsCheck } from './permits-check.ts'
import { poolsCheck } from './pools-check.ts'
import { type CandidatesOf, type RecomputedRoot, recomputeRoots } from './recomputed-roots.ts'
import { createResultsCheck } from './results-check.ts'
import { seatsCheck } from './seats-check.ts'
import { specsCheck } from './specs-check.ts'
import { stakesCheck } from './stakes-check.ts'
import { stepsCheck } from './steps-check.ts'
import { weightsCheck } from './weights-check.ts'
import { workCheck } from './work-check.ts'

/** In an order in which a cause is found before what follows from it. `definitionOf` gives the definitions that are at hand. */
export function createSubnetChecks(definitionOf: DefinitionOf): readonly AuditCheck[] {
  const roots = new WeakMap<readonly unknown[], Promise<readonly RecomputedRoot[]>>()
  const rootsOf = (source: AuditSource): Promise<readonly RecomputedRoot[]> => {
    const known = roots.get(source.events) ?? recomputeRoots(source, candidatesOf)
    roots.set(source.events, known)
    return known
  }
  const candidatesOf = createCandidates(definitionOf)
  return [
    seatsCheck,
    poolsCheck,
    stakesCheck,
    permitsCheck,
    specsCheck,
    workCheck,
    weightsCheck,
    stepsCheck,
    accrualCheck,
    createResultsCheck(rootsOf),
    createClaimsCheck(rootsOf),
    ownershipCheck,
    mintsCheck,
    createEvidenceCheck(definitionOf),
  ]
}

/** Aggregators that a definition may mean: its own where it is at hand, else any. */
export function createCandidates(definitionOf: DefinitionOf): CandidatesOf {
  return (specHash) => {
    const definition = definitionOf(specHash)
    return definition === undefined ? Object.values(aggregators) : [definition.subnet.aggregator]
  }
}

export { decentralizationFacts } from './decentralization-facts.ts'
export { announcedChange, type WhatIf, type WhatIfChange, whatIf } from './what-if.ts'
export { parseWhatIf } from './what-if-settings.ts'
