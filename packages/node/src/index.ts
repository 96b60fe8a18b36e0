export { type AuditOutcome, auditCopy, auditNetwork } from './audit/audit.ts'
export { type WhatIfOutcome, whatIfNetwork } from './audit/what-if.ts'
export { type MachineBenchmark, readBenchmark } from './benchmark/machine-benchmark.ts'
export { currentApiKey, isUnfinished, noKeyHint, readApiKeys, type StoredApiKey, saveApiKey } from './home/api-keys.ts'
export { defaultHomePath, type Home, homeAt, openHome, writeFileDurably } from './home/home.ts'
export { runningSupervisor, type SupervisorRecord } from './home/lock.ts'
export { networkOf } from './home/network-of.ts'
export { type AccountKey, accountKey, existingAccountKey } from './home/secrets.ts'
export {
  giveUpSeat,
  JoinedNode,
  type JoinedNodeOptions,
  type JoinedRole,
  openMembership,
  type StopRequest,
} from './joined/joined-node.ts'
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
export { requirePublishedHost } from './local/published-host.ts'
export { deployedFiles, parseTemplates, templateNames } from './local/subnet-files.ts'
export { readBalances } from './local/treasury.ts'
export type { AlphaEarning, AlphaWithdrawal } from './provider/alpha-earnings.ts'
export {
  type ProviderEarnings,
  readEarnings,
  type Withdrawal,
  withdrawEarnings,
} from './provider/earnings.ts'
export { findSeatChallenge } from './provider/seat-watcher.ts'
export type { Prices, ProviderRoleConfig, RoleConfig, RoleInfo, SeatConfig, SubnetMember } from './roles/role-config.ts'
export { askSupervisor } from './supervisor/control.ts'
export type { RoleState, RoleStatus } from './supervisor/supervised-role.ts'
export { programVersion } from './version.ts'
export { type FaucetAnswer, requestJson } from './wallet/request-json.ts'
export { type Asset, parseAsset, Wallet } from './wallet/wallet.ts'
