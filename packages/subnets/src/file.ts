/** What a subnet file may import, besides zod: `import { defineSubnet } from '@koinon/subnets/file'`. */
export { sha256, sha256Hex, utf8ToBytes } from '@koinon/base'
export type { AggregatorName } from './rules/aggregators/index.ts'
export { crps } from './rules/aggregators/scoring/crps.ts'
export { brierPpm, logScorePpm } from './rules/aggregators/scoring/probability.ts'
export type { BeaconRandom } from './rules/beacon-random.ts'
export { createBeaconRandom } from './rules/beacon-random.ts'
export { expQ64, lnQ64, oneQ64, powQ64 } from './rules/fixed/q64.ts'
export {
  defineMechanism,
  defineSubnet,
  type Mechanism,
  type PeerAnswer,
  type SampleContext,
  type Score,
  type ScoreContext,
  type ServeContext,
  type SubnetFile,
} from './rules/subnet-file/define-subnet.ts'
export type { ScoreAggregate, TaskScore } from './rules/subnet-file/score-aggregate.ts'
export type { WeightPolicy } from './rules/subnet-file/weight-policy.ts'
