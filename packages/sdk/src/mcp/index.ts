export { networkMcp } from './network-mcp.ts'
export type { NetworkPorts, ServiceCall } from './ports.ts'
export { type SetAside, SpendCeiling } from './spend-ceiling.ts'
