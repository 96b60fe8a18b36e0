import type { Hex } from '@koinon/base'
import type { ChainGenesis } from './genesis.ts'

/** The facts of a mined block that the chain keeps and checks. */
export type EngineBlock = {
  readonly number: number
  readonly hash: Hex
  readonly timestampSeconds: number
  /** Root of the receipts trie: status, gas and logs of every transaction, the same on every correct engine. */
  readonly receiptsRoot: Hex
  readonly gasUsed: bigint
  readonly gasLimit: bigint
  readonly baseFeePerGas: bigint
  /** Hashes of the included transactions, in order. */
  readonly transactions: readonly Hex[]
}

/** What one transaction, one block (sum of gas limits) and one `eth_call` may ask of this engine, in gas. */
export type GasCaps = { readonly transaction: bigint; readonly block: bigint; readonly call: bigint }

export type MineRequest = {
  readonly timestampSeconds: number
  /** 32 bytes for the PREVRANDAO opcode. Ignored by an engine whose `prevRandao` is `derived`. */
  readonly prevRandao: Hex
}

/**
 * What the chain needs from an EVM implementation. One instance is one chain held in memory; durability, pacing and the public
 * door are not the engine's business. Calls that change the pool or mine are never made concurrently; reads may be.
 */
export type ChainEngine = {
  /** Name and exact version: a journal is bound to both, because a block hash may differ between versions. */
  readonly name: string
  readonly version: string
  readonly hardfork: string
  /** `given`: takes the value of {@link MineRequest}. `derived`: makes its own, the same one at every replay. */
  readonly prevRandao: 'given' | 'derived'
  readonly gasCaps: GasCaps
  /** Builds block 0: empty state, then balances and predeploys. The same genesis always gives the same block 1. */
  start(genesis: ChainGenesis): Promise<void>
  stop(): Promise<void>
  /** One JSON-RPC call. Rejects with {@link EngineRpcError} when the engine answers with an error. */
  request(method: string, params: readonly unknown[]): Promise<unknown>
  /** Validates a signed transaction against the latest state and puts it into the pool; pool order is mining order. */
  addTransaction(raw: Hex): Promise<Hex>
  /** Takes a transaction out of the pool; harmless when it is not there. */
  dropTransaction(hash: Hex): Promise<void>
  /** Mines the pool into the next block. Rejects with {@link EngineRpcError}, changing nothing, when the engine refuses. */
  mine(request: MineRequest): Promise<EngineBlock>
  /** The latest block. */
  latestBlock(): Promise<EngineBlock>
  /** Makes `pending` calls see this time and then advance with the host clock. Used once, after a replay. */
  alignClock(nowSeconds: number): Promise<void>
}

/** Makes a fresh engine; every start of a chain uses a new one. */
export type ChainEngineFactory = () => ChainEngine

/** A JSON-RPC error answer of an engine, as opposed to an engine that died or cannot be reached. */
export class EngineRpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.name = 'EngineRpcError'
    this.code = code
    this.data = data
  }
}
