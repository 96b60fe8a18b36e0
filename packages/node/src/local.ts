/** Networks that are founded here: all of one on this machine, or the contracts of one on any chain. */
export { pageFault } from './dashboard/page-age.ts'
export { type Deployment, deploymentNote, deployNetwork } from './local/deployment.ts'
export type { FoundedSubnet } from './local/founded-subnets.ts'
export type { BeaconChoice } from './local/home-beacon.ts'
export { externalLedger, type LedgerSource } from './local/ledger-source.ts'
export { LocalNetwork, type LocalNetworkOptions, type NetworkStep, type ReadyNetwork } from './local/local-network.ts'
export { defaultModel, type ModelFile, modelManifest, resolveModel, resolveReplayModel } from './local/model.ts'
export {
  externalUnbondingSeconds,
  localPrices,
  localSubnet,
  networkParametersFor,
  shortestEpochSeconds,
} from './local/parameters.ts'
export { portOwner, requireFreePort } from './local/port.ts'
export { type SubnetFileSpec, subnetFileSpec } from './local/subnet-files.ts'
