/** Machines that join a network: their roles, seats, benchmark and addresses. */
export { type MachineBenchmark, readBenchmark } from './benchmark/machine-benchmark.ts'
export {
  giveUpSeat,
  JoinedNode,
  type JoinedNodeOptions,
  type JoinedRole,
  openMembership,
  type StopRequest,
} from './joined/joined-node.ts'
export { requirePublishedHost } from './local/published-host.ts'
export { findSpecParts } from './local/spec-parts.ts'
export { deployedFiles } from './local/subnet-files.ts'
export { findSeatChallenge } from './provider/seat-watcher.ts'
export type { Prices, ProviderRoleConfig, RoleConfig, RoleInfo, SeatConfig, SubnetMember } from './roles/role-config.ts'
