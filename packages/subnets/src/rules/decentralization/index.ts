export { byEntity, type Concentration, concentrationOf } from './concentration.ts'
export { entitiesOf, type Link } from './entities.ts'
export { copyingAbovePpm, meanAgreementPpm, spearmanPpm } from './rank-agreement.ts'
export {
  type NetworkFacts,
  type PrivilegedCall,
  type Requirement,
  type StageReport,
  stageReport,
} from './stages.ts'
