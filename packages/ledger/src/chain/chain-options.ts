import type { Clock, Hex, KoinonError, Random } from '@koinon/base'
import type { BuilderLimits } from './block-builder.ts'
import type { ChainEngineFactory, EngineBlock } from './evm-engine.ts'
import type { GenesisAccount, Predeploy } from './genesis.ts'
import type { ReplayProgress } from './journal-replay.ts'
import type { DoorLimits } from './rpc-door.ts'
import type { RpcLimits } from './rpc-methods.ts'

/** All bounds of an embedded chain. */
export type ChainLimits = BuilderLimits & RpcLimits & DoorLimits

/** What the embedded chain is made of. Only the first three have no default. */
export type EmbeddedChainOptions = {
  /** The journal file; its folder must exist. `<journal>.lock` appears beside it while the chain runs. */
  readonly journalPath: string
  readonly chainId: number
  readonly genesis: {
    readonly accounts: readonly GenesisAccount[]
    readonly predeploys: readonly Predeploy[]
    /** Time of block 0 of a new chain, seconds. Default: now. An existing journal keeps its own. */
    readonly timestampSeconds?: number
  }
  /** Default: EDR in this process. */
  readonly engine?: ChainEngineFactory
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: a free port. */
  readonly port?: number
  readonly allowedHosts?: readonly string[]
  readonly allowedOrigins?: readonly string[]
  readonly limits?: Partial<ChainLimits>
  readonly clock?: Clock
  readonly random?: Random
  /** How block building waits, milliseconds. Default: the host's timers. */
  readonly wait?: (durationMs: number) => Promise<void>
  readonly onProgress?: (progress: ReplayProgress) => void
  /** Sentences for the operator's log: a cut torn tail, a clock behind the chain. */
  readonly onWarning?: (sentence: string) => void
  /** Every new block, after it is durable; not called for replayed ones. Must not throw. */
  readonly onBlock?: (block: EngineBlock) => void
}

/** The state of a chain as it is now. */
export type ChainStatus = {
  readonly state: 'stopped' | 'starting' | 'ready' | 'readOnly'
  readonly url: string | undefined
  readonly chainId: number
  readonly engine: string
  readonly blockNumber: number
  readonly blockHash: Hex | undefined
  readonly blockTimestampSeconds: number
  readonly journalBytes: number
  readonly waitingTransactions: number
  /** Why a `readOnly` chain takes no transactions. */
  readonly failure: KoinonError | undefined
}

const mebibyte = 1024 * 1024
const secondMs = 1_000

/** Defaults of {@link ChainLimits}: one machine, trusted and untrusted clients, about ten blocks a second under load. */
export const defaultChainLimits: ChainLimits = {
  blockIntervalMs: 100,
  burstBlocks: 50,
  gatherMs: 5,
  nonceGapTimeoutMs: 5 * secondMs,
  maxBlockTransactions: 1_000,
  maxBlockBytes: 8 * mebibyte,
  maxWaiting: 8_192,
  maxWaitingPerSender: 2_048,
  maxWaitingBytes: 64 * mebibyte,
  maxLogBlocks: 10_000,
  maxFilters: 256,
  maxHeavyRunning: 4,
  maxHeavyQueued: 1_024,
  maxBatch: 1_000,
  maxRunningPerConnection: 8,
  maxResponseBytes: 32 * mebibyte,
  maxBodyBytes: 5 * mebibyte,
  maxConnections: 512,
  maxConnectionsPerNetwork: 128,
  headersTimeoutMs: 5 * secondMs,
  requestTimeoutMs: 30 * secondMs,
  keepAliveTimeoutMs: 120 * secondMs,
}
