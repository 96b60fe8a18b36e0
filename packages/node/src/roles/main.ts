// Entry of every role process: loads only what its role needs, so that each stays small.
import { KoinonError } from '@koinon/base'
import { runRole } from '../supervisor/role-process.ts'

runRole(async (config, context) => {
  switch (config.kind) {
    case 'chain':
      return (await import('./chain-role.ts')).startChainRole(config, context)
    case 'beacon':
      return (await import('./beacon-role.ts')).startBeaconRole(config, context)
    case 'indexer':
      return (await import('./indexer-role.ts')).startIndexerRole(config, context)
    case 'gateway':
      return (await import('./gateway-role.ts')).startGatewayRole(config, context)
    case 'provider':
      return (await import('./provider-role.ts')).startProviderRole(config, context)
    case 'validator':
      return (await import('./validator-role.ts')).startValidatorRole(config, context)
    case 'subnet':
      return (await import('./subnet-role.ts')).startSubnetRole(config, context)
    default:
      throw new KoinonError({ code: 'node/unknown-role', message: 'There is no such role' })
  }
})
