export { SpendCeiling } from '@koinon/agents/rules'
export { networkMcp } from './network-mcp.ts'
export type { NetworkPorts } from './ports.ts'
