export { byEntity, type Concentration, concentrationOf } from './concentration.ts'
export { entitiesOf, type Link } from './entities.ts'
export { meanAgreementPpm, spearmanPpm } from './rank-agreement.ts'
export { type ReplayState, stageReport } from './stages.ts'
