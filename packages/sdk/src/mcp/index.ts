export { type SetAside, SpendCeiling } from '@koinon/agents/rules'
export { networkMcp } from './network-mcp.ts'
export type { NetworkPorts, ServiceCall } from './ports.ts'
