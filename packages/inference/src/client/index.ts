export { callPooledNode } from '../wire/pooled-node-call.ts'
export { askGateway, type GatewayAnswer, type GatewayQuestion } from './ask-gateway.ts'
export { keyToJson } from './gateway-accounts.ts'
export {
  defaultGatewayLimits,
  type GatewayEvent,
  type GatewayLimits,
  type GatewayModules,
  type GatewayPayments,
  type GatewayServerOptions,
} from './gateway-options.ts'
export { GatewayServer } from './gateway-server.ts'
export { type Authenticated, type KeyRecord, KeyRegistry, type KeyRegistryOptions, keysSchema } from './key-registry.ts'
export type { PaidCalls } from './paid-calls.ts'
export { type DemotionReason, ProviderLink } from './provider-link.ts'
export {
  type OfferedModel,
  type PinnedModel,
  type ProviderAddress,
  ProviderTable,
  type ProviderTableOptions,
} from './provider-table.ts'
export { RateLimiter } from './rate-limiter.ts'
