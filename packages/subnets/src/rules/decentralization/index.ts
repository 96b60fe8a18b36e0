export { byEntity, concentrationOf } from './concentration.ts'
export {
  type DecentralizationFacts,
  type DecentralizationReport,
  decentralizationReport,
  type Holding,
  type JudgedSubnet,
} from './network-report.ts'
export { meanAgreementPpm, spearmanPpm } from './rank-agreement.ts'
export type { ReplayState } from './stages.ts'
