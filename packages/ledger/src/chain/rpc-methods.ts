import { type Address, type Clock, type Hex, toAddress } from '@koinon/base'
import type { BlockBuilder } from './block-builder.ts'
import type { ChainEngine } from './evm-engine.ts'
import { FilterBook } from './filter-book.ts'
import { Gate } from './gate.ts'
import { limitLogRange } from './log-range.ts'
import type { Mutex } from './mutex.ts'
import { RpcError, rpcCodes } from './rpc-error.ts'

/** Bounds on what one request may cost. */
export type RpcLimits = {
  /** Most blocks that one `eth_getLogs` or log filter may span. */
  readonly maxLogBlocks: number
  readonly maxFilters: number
  /** `eth_call`, `eth_estimateGas`, `eth_getLogs` and proofs that run at once, over all connections, and that may queue. */
  readonly maxHeavyRunning: number
  readonly maxHeavyQueued: number
}

export type RpcMethodsOptions = {
  readonly chainId: number
  readonly clientVersion: string
  readonly engine: ChainEngine
  readonly builder: BlockBuilder
  readonly mutex: Mutex
  readonly clock: Clock
  readonly limits: RpcLimits
}

type Params = readonly unknown[]
type Method = (params: Params) => unknown

/** Answers one JSON-RPC method. Rejects with an error that `toRpcError` turns into the answer. */
export type RpcHandler = (method: string, params: Params) => Promise<unknown>

const plainReads = [
  'eth_blockNumber',
  'eth_getBalance',
  'eth_getCode',
  'eth_getStorageAt',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getTransactionByHash',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_blobBaseFee',
  'web3_sha3',
] as const

const maxFeeHistoryBlocks = 1024n

/**
 * The allow-list of the door. What is not in this table does not exist: no signing by the node, no cheat codes, no tracing.
 * `latest` in `eth_call` and `eth_estimateGas` means the state after the latest block at the present time, in the block to come,
 * because blocks are mined on demand and the latest one may be hours old.
 */
export function createRpcHandler(options: RpcMethodsOptions): RpcHandler {
  const { engine, builder, mutex, limits, clock } = options
  const heavy = new Gate(limits.maxHeavyRunning, limits.maxHeavyQueued)
  const filters = new FilterBook(engine, limits.maxFilters)
  const idle = (method: string, params: Params): Promise<unknown> => mutex.run(() => engine.request(method, params))
  const tip = async (): Promise<bigint> => BigInt((await engine.request('eth_blockNumber', [])) as Hex)

  const readFilter = (method: string): Method => {
    return (params) => {
      if (!filters.used(params[0], clock.nowMs())) throw new RpcError(rpcCodes.transaction, 'filter not found')
      return heavy.run(() => engine.request(method, params))
    }
  }
  const openFilter = (method: string, prepare: (params: Params) => Promise<Params>): Method => {
    return async (params) => {
      const id = await engine.request(method, await prepare(params))
      await filters.opened(id, clock.nowMs())
      return id
    }
  }
  const boundedLogs = async (params: Params): Promise<Params> => limitLogRange(params, await tip(), limits.maxLogBlocks)

  const methods: Readonly<Record<string, Method>> = {
    eth_chainId: () => quantity(options.chainId),
    net_version: () => String(options.chainId),
    net_listening: () => true,
    eth_syncing: () => false,
    eth_accounts: () => [],
    web3_clientVersion: () => options.clientVersion,
    ...Object.fromEntries(plainReads.map((name) => [name, (params: Params) => read(name, params)])),
    eth_gasPrice: () => idle('eth_gasPrice', []),
    eth_feeHistory: (params) => idle('eth_feeHistory', limitFeeHistory(params)),
    eth_getProof: (params) => heavy.run(() => read('eth_getProof', params)),
    eth_getLogs: async (params) => {
      const bounded = await boundedLogs(params)
      return heavy.run(() => engine.request('eth_getLogs', bounded))
    },
    eth_call: (params) => heavy.run(() => idle('eth_call', presentCall(params, engine.gasCaps.call))),
    eth_estimateGas: (params) => heavy.run(() => idle('eth_estimateGas', presentCall(params, engine.gasCaps.call))),
    eth_getTransactionCount: (params) =>
      params[1] === 'pending'
        ? builder.pendingNonce(addressOf(params[0])).then(quantity)
        : read('eth_getTransactionCount', params),
    eth_sendRawTransaction: (params) => builder.submit(params[0]),
    eth_sendRawTransactionSync: async (params) =>
      engine.request('eth_getTransactionReceipt', [await builder.submit(params[0])]),
    eth_newFilter: openFilter('eth_newFilter', boundedLogs),
    eth_newBlockFilter: openFilter('eth_newBlockFilter', async () => []),
    eth_getFilterChanges: readFilter('eth_getFilterChanges'),
    eth_getFilterLogs: readFilter('eth_getFilterLogs'),
    eth_uninstallFilter: (params) => {
      filters.closed(params[0])
      return engine.request('eth_uninstallFilter', params)
    },
  }

  /** A read of the pending block waits until the engine's pool is empty, so that nobody sees what is not durable yet. */
  function read(method: string, params: Params): Promise<unknown> {
    return params.includes('pending') ? idle(method, params) : engine.request(method, params)
  }

  return async (method, params) => {
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (run === undefined) {
      const shown = method.slice(0, 80)
      throw new RpcError(rpcCodes.methodNotFound, `the method ${shown} does not exist on this chain`)
    }
    return run(params)
  }
}

/** Caps the gas and moves `latest` to the present. */
function presentCall(params: Params, maxGas: bigint): Params {
  const [call, tag, ...overrides] = params
  if (typeof call !== 'object' || call === null) {
    throw new RpcError(rpcCodes.invalidParams, 'invalid argument 0: a call is an object')
  }
  const { gas } = call as { readonly gas?: unknown }
  const tooMuch = typeof gas === 'string' && /^0x[0-9a-f]+$/i.test(gas) && BigInt(gas) > maxGas
  const bounded = tooMuch ? { ...call, gas: quantity(maxGas) } : call
  return [bounded, tag === undefined || tag === null || tag === 'latest' ? 'pending' : tag, ...overrides]
}

function limitFeeHistory(params: Params): Params {
  const count = params[0]
  const isCount = typeof count === 'number' || (typeof count === 'string' && /^0x[0-9a-f]{1,16}$/i.test(count))
  if (!isCount) throw new RpcError(rpcCodes.invalidParams, 'invalid argument 0: a number of blocks')
  const blocks = BigInt(count)
  return [quantity(blocks > maxFeeHistoryBlocks ? maxFeeHistoryBlocks : blocks), ...params.slice(1)]
}

function addressOf(value: unknown): Address {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) {
    throw new RpcError(rpcCodes.invalidParams, 'invalid argument 0: an address')
  }
  return toAddress(value)
}

function quantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`
}
