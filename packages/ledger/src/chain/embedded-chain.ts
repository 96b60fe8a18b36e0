import { type Hex, KoinonError, sleep, systemClock, systemRandom } from '@koinon/base'
import { BlockBuilder } from './block-builder.ts'
import { BlockCommitter } from './block-committer.ts'
import { type ChainLimits, type ChainStatus, defaultChainLimits, type EmbeddedChainOptions } from './chain-options.ts'
import { createEdrEngine } from './edr-engine.ts'
import type { ChainEngine, EngineBlock } from './evm-engine.ts'
import { genesisHash, missingPredeploys, normalizeGenesis } from './genesis.ts'
import { requireSafeBind } from './host-rules.ts'
import { type OpenJournal, openJournal } from './journal.ts'
import type { JournalHeader } from './journal-format.ts'
import { acquireJournalLock, type JournalLock } from './journal-lock.ts'
import { replayRecords, requireSameHash } from './journal-replay.ts'
import { Mutex } from './mutex.ts'
import { RpcDoor } from './rpc-door.ts'
import { createRpcHandler } from './rpc-methods.ts'

const clockLagWarningSeconds = 60

type Running = {
  readonly url: string
  readonly engine: ChainEngine
  readonly opened: OpenJournal
  readonly committer: BlockCommitter
  readonly builder: BlockBuilder
  readonly door: RpcDoor
  readonly lock: JournalLock
}

/**
 * A one-sequencer EVM chain inside this process: an engine in memory, a journal on disk, a JSON-RPC door. What it has
 * acknowledged is in the journal; a start replays it. It is a trust point, not consensus: who runs it decides.
 */
export class EmbeddedChain {
  readonly #options: EmbeddedChainOptions
  readonly #limits: ChainLimits
  #state: 'stopped' | 'starting' | 'running' = 'stopped'
  #running: Running | undefined
  #stopping: Promise<void> | undefined

  constructor(options: EmbeddedChainOptions) {
    this.#options = options
    this.#limits = { ...defaultChainLimits, ...options.limits }
  }

  /**
   * Locks and checks the journal, replays it and opens the door. Nothing on disk changes unless the whole replay succeeded.
   * Throws KoinonError `chain/...`; after a failure the chain is stopped and may be started again.
   */
  async start(): Promise<{ readonly url: string; readonly blockNumber: number; readonly blockHash: Hex }> {
    if (this.#state !== 'stopped') throw alreadyStarted()
    this.#state = 'starting'
    const undo: (() => Promise<void>)[] = []
    try {
      const running = await this.#start(undo)
      this.#running = running
      this.#state = 'running'
      const { number, hash } = running.committer.tip
      return { url: running.url, blockNumber: number, blockHash: hash }
    } catch (error) {
      for (const step of undo.reverse()) await step().catch(() => undefined)
      this.#state = 'stopped'
      throw error
    }
  }

  /** Finishes the block under way, syncs the journal, closes door, engine and lock. Safe to call twice. */
  stop(): Promise<void> {
    const running = this.#running
    if (running === undefined) return this.#stopping ?? Promise.resolve()
    this.#running = undefined
    this.#stopping = this.#stop(running).finally(() => {
      this.#state = 'stopped'
    })
    return this.#stopping
  }

  status(): ChainStatus {
    const running = this.#running
    const tip = running?.committer.tip
    const failure = running?.opened.journal.failure ?? running?.builder.failure
    return {
      state:
        running === undefined ? (this.#state === 'starting' ? 'starting' : 'stopped') : failure ? 'readOnly' : 'ready',
      url: running?.url,
      chainId: this.#options.chainId,
      engine: running === undefined ? '' : engineLabel(running.engine),
      blockNumber: tip?.number ?? 0,
      blockHash: tip?.hash,
      blockTimestampSeconds: tip?.timestampSeconds ?? 0,
      journalBytes: running?.opened.journal.sizeBytes ?? 0,
      waitingTransactions: running?.builder.waiting ?? 0,
      failure,
    }
  }

  async #start(undo: (() => Promise<void>)[]): Promise<Running> {
    const { journalPath, chainId, clock = systemClock, random = systemRandom, wait = sleep, onBlock } = this.#options
    const host = this.#options.host ?? '127.0.0.1'
    requireSafeBind(host, chainId)
    const engine = (this.#options.engine ?? createEdrEngine)()
    const lock = await acquireJournalLock(journalPath)
    undo.push(() => lock.release())
    const wanted = this.#wantedHeader(engine, clock.nowMs())
    const opened = await openJournal(journalPath, wanted)
    undo.push(() => opened.journal.close())
    const missing = missingPredeploys(opened.scan.header.genesis, wanted.genesis)
    if (missing.length > 0) this.#warn(`This chain began without contracts of this version: ${missing.join(', ')}.`)
    undo.push(() => engine.stop())
    const tip = await this.#replay(engine, opened, clock.nowMs())
    const mutex = new Mutex()
    const committer = new BlockCommitter({
      engine,
      journal: opened.journal,
      clock,
      random,
      tip,
      onBlock: onBlock ?? (() => undefined),
    })
    const builder = new BlockBuilder({ chainId, engine, committer, mutex, clock, wait, limits: this.#limits })
    undo.push(() => builder.stop())
    const clientVersion = `koinon-chain/1/${engineLabel(engine)}`
    const handler = createRpcHandler({ chainId, clientVersion, engine, builder, mutex, clock, limits: this.#limits })
    const door = new RpcDoor({
      handler,
      host,
      port: this.#options.port ?? 0,
      allowedHosts: this.#options.allowedHosts ?? [],
      allowedOrigins: this.#options.allowedOrigins ?? [],
      limits: this.#limits,
    })
    const url = await door.start()
    return { url, engine, opened, committer, builder, door, lock }
  }

  #wantedHeader(engine: ChainEngine, nowMs: number): JournalHeader {
    const { chainId, genesis } = this.#options
    const timestampSeconds = genesis.timestampSeconds ?? Math.floor(nowMs / 1000)
    const normalized = normalizeGenesis({ ...genesis, chainId, timestampSeconds })
    const { name: engineName, version: engineVersion, hardfork } = engine
    return { engineName, engineVersion, hardfork, genesisHash: genesisHash(normalized), genesis: normalized }
  }

  async #replay(engine: ChainEngine, opened: OpenJournal, nowMs: number): Promise<EngineBlock> {
    const { scan } = opened
    await engine.start(scan.header.genesis)
    const { tip, missing } = await replayRecords({
      engine,
      records: opened.records(),
      totalTransactions: scan.transactions,
      onProgress: this.#options.onProgress ?? (() => undefined),
      check: requireSameHash,
    })
    if (scan.tornBytes > 0) {
      await opened.cutTornTail()
      this.#warn(`Cut ${scan.tornBytes} bytes of a write that never finished; nothing acknowledged was in them.`)
    }
    if (missing !== undefined) await opened.journal.appendDurably(missing)
    const lagSeconds = tip.timestampSeconds - Math.floor(nowMs / 1000)
    if (lagSeconds > clockLagWarningSeconds) {
      this.#warn(`The clock is ${lagSeconds} s behind the chain; block times stand still until it catches up.`)
    }
    await engine.alignClock(Math.floor(nowMs / 1000))
    return tip
  }

  async #stop({ door, builder, opened, engine, lock }: Running): Promise<void> {
    await builder.stop()
    await door.stop()
    try {
      await opened.journal.close()
    } finally {
      await engine.stop().finally(() => lock.release())
    }
  }

  #warn(sentence: string): void {
    this.#options.onWarning?.(sentence)
  }
}

function engineLabel(engine: ChainEngine): string {
  return `${engine.name} (${engine.version})`
}

function alreadyStarted(): KoinonError {
  return new KoinonError({
    code: 'chain/already-started',
    message: 'This chain is already started',
    hint: 'Stop it first, or make another one with another journal.',
  })
}
