/** What the page shows, for programs that are not the page. */
export type { KoinFlowJson } from './dashboard/koin-flow-json.ts'
export type { MetagraphJson } from './dashboard/metagraph-json.ts'
export type { NeuronJson } from './dashboard/neurons-json.ts'
export { type Viewed, viewMetagraph, viewSubnets, viewValidators } from './dashboard/page-views.ts'
export type { SubnetsJson } from './dashboard/subnets-json.ts'
export type { ValidatorJson, ValidatorsJson } from './dashboard/validators-json.ts'
