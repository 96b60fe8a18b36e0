/**
 * Contracts that a fresh local chain needs at their well-known addresses, as runtime code.
 * Only code that we wrote or may ship is here; the ERC-4337 entry points are not (see README.md).
 */
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withImmutables } from './compile.mjs'

// viem does not export its constants by name, so the file is imported by its place beside the package's entry.
const viemEntry = dirname(fileURLToPath(import.meta.resolve('viem')))
const { multicall3Bytecode } = await import(pathToFileURL(join(viemEntry, 'constants/contracts.js')).href)

export const PERMIT2_ADDRESS = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
export const BATCH_SETTLEMENT_ADDRESS = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003'
export const ERC3009_COLLECTOR_ADDRESS = '0x4020806089470a89826cB9fB1f4059150b550004'
export const PERMIT2_COLLECTOR_ADDRESS = '0x4020425FAf3B746C082C2f942b4E5159887B0005'
export const EXACT_PROXY_ADDRESS = '0x402085c248EeA27D92E8b30b2C58ed07f9E20001'
export const UPTO_PROXY_ADDRESS = '0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002'

/** CREATE2(salt = first calldata word, init code = the rest, value = call value); returns the 20-byte address. */
const CREATE2_DEPLOYER_RUNTIME =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3'

/** The runtime code inside creation code whose constructor only returns it: what follows the first `RETURN INVALID`. */
function runtimeOf(creationCode) {
  const marker = creationCode.indexOf('f3fe')
  if (marker < 0 || marker > 200) throw new Error('unexpected creation code')
  return `0x${creationCode.slice(marker + 4)}`
}

/** @returns List of {name, address, runtimeBytecode, source, licence}; the vectors go by the order. */
export function predeploys(contracts) {
  const own = { source: 'this repository', licence: 'Apache-2.0' }
  return [
    {
      name: 'Create2Deployer',
      address: '0x4e59b44847b379578588920cA78FbF26c0B4956C',
      runtimeBytecode: CREATE2_DEPLOYER_RUNTIME,
      source: 'deterministic-deployment-proxy, 69 bytes, as every EVM chain has it',
      licence: 'Unlicense',
    },
    {
      name: 'Multicall3',
      address: '0xcA11bde05977b3631167028862bE2a173976CA11',
      runtimeBytecode: runtimeOf(multicall3Bytecode),
      source: 'npm viem 2.57.1, constants/contracts (mds1/multicall3)',
      licence: 'MIT',
    },
    {
      name: 'BatchSettlement',
      address: BATCH_SETTLEMENT_ADDRESS,
      runtimeBytecode: contracts.get('BatchSettlement').deployedBytecode,
      ...own,
    },
    {
      name: 'ERC3009DepositCollector',
      address: ERC3009_COLLECTOR_ADDRESS,
      runtimeBytecode: withImmutables(contracts.get('ERC3009DepositCollector'), {
        x402BatchSettlement: BATCH_SETTLEMENT_ADDRESS,
      }),
      ...own,
    },
    {
      name: 'Permit2DepositCollector',
      address: PERMIT2_COLLECTOR_ADDRESS,
      runtimeBytecode: withImmutables(contracts.get('Permit2DepositCollector'), {
        x402BatchSettlement: BATCH_SETTLEMENT_ADDRESS,
        PERMIT2: PERMIT2_ADDRESS,
      }),
      ...own,
    },
    {
      name: 'Permit2',
      address: PERMIT2_ADDRESS,
      runtimeBytecode: contracts.get('SignatureTransfer').deployedBytecode,
      ...own,
    },
    {
      name: 'ExactPermit2Proxy',
      address: EXACT_PROXY_ADDRESS,
      runtimeBytecode: contracts.get('ExactPermit2Proxy').deployedBytecode,
      ...own,
    },
    {
      name: 'UptoPermit2Proxy',
      address: UPTO_PROXY_ADDRESS,
      runtimeBytecode: contracts.get('UptoPermit2Proxy').deployedBytecode,
      ...own,
    },
  ]
}
