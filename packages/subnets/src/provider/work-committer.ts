import { sleep } from '@koinon/base'
import { type SubnetLedger, type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import {
  checkWorkList,
  type EpochWindow,
  epochAt,
  epochPhase,
  epochWindow,
  maximumWorkItems,
  type WorkItem,
  workCommitmentOf,
} from '../rules/index.ts'
import type { WorkStore } from './work-store.ts'

export type WorkCommitterOptions = {
  readonly netuid: number
  readonly ledger: SubnetLedger
  readonly writer: SubnetLedgerWriter
  readonly store: WorkStore
  /**
   * All receipts this account signed whose `endedAtMs` fell into [startsAtSeconds, endsAtSeconds), in sequence order, already durable. Asked once the
   * epoch is over, and final: no such receipt may come later (specs/0003-receipts.md section 8).
   */
  readonly workOf: (window: EpochWindow) => Promise<readonly WorkItem[]>
  readonly pollMs: number
  readonly onError: (error: unknown) => void
  readonly onCommitted?: (epoch: number, count: number) => void
}

const keptEpochs = 200
const leastPollMs = 100

/** Commits a miner's work after every epoch and keeps the lists for validators. Safe to kill at any point. */
export class WorkCommitter {
  readonly #options: WorkCommitterOptions
  #stopping: AbortController | undefined
  #running: Promise<void> = Promise.resolve()
  /** Of the epoch under way, by the ledger's clock. */
  #secondsLeft = 0

  constructor(options: WorkCommitterOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopping !== undefined) return
    const stopping = new AbortController()
    this.#stopping = stopping
    this.#running = this.#run(stopping.signal)
  }

  /** Waits for the step under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#running
    this.#stopping = undefined
  }

  /** The committed list of an epoch; undefined when nothing was committed (yet), so that nobody learns it early. */
  async listOf(netuid: number, epoch: number): Promise<readonly WorkItem[] | undefined> {
    if (netuid !== this.#options.netuid) return undefined
    const items = await this.#options.store.load(netuid, epoch)
    if (items === undefined || (await this.#committed(epoch)) === undefined) return undefined
    return items
  }

  /** One step: commits the epoch that is over, if it is time and not done. */
  async tick(): Promise<void> {
    const { ledger, writer, netuid, store } = this.#options
    const [clock, now] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
    const current = epochAt(clock, now)
    this.#secondsLeft = epochWindow(clock, current).endsAtSeconds - now
    const epoch = current - 1
    if (epoch < 0) return
    const window = epochWindow(clock, epoch)
    if (epochPhase(window, now) !== 'workCommit') return
    const onLedger = await this.#committed(epoch)
    if (onLedger !== undefined) {
      if ((await store.load(netuid, epoch)) === undefined) await this.#recover(epoch, window, onLedger)
      return
    }
    const items = (await store.load(netuid, epoch)) ?? (await this.#collect(window))
    if (items.length === 0) return
    await store.save(netuid, epoch, items, epoch - keptEpochs)
    const { root, count } = workCommitmentOf(items)
    const isCommitted = async (): Promise<boolean> => (await this.#committed(epoch)) !== undefined
    await unlessDone(() => writer.commitWork(netuid, epoch, root, count), isCommitted)
    this.#options.onCommitted?.(epoch, count)
  }

  async #collect(window: EpochWindow): Promise<readonly WorkItem[]> {
    return (await this.#options.workOf(window)).slice(0, maximumWorkItems)
  }

  /** The ledger has a commitment and this disk does not: takes the list again if it is still the same one. */
  async #recover(
    epoch: number,
    window: EpochWindow,
    commitment: { root: `0x${string}`; count: number },
  ): Promise<void> {
    const items = await this.#collect(window)
    if (checkWorkList(items, commitment).state !== 'pass') return
    await this.#options.store.save(this.#options.netuid, epoch, items, epoch - keptEpochs)
  }

  async #committed(epoch: number) {
    const { ledger, netuid, writer } = this.#options
    return (await ledger.workCommitments(netuid, epoch)).find(({ hotkey }) => hotkey === writer.hotkey)
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.tick()
      } catch (error) {
        this.#options.onError(error)
      }
      // The commitment is sent as soon as the ledger's time allows it: the rest of the phase is for the ledger to take it.
      const waitMs = Math.min(this.#options.pollMs, Math.max(leastPollMs, this.#secondsLeft * 1000))
      await sleep(waitMs, signal)
    }
  }
}
