/** Looks after an external chain while a network runs on it: is it still the same one, does it answer, do the roles have gas money? */
import { type Address, type Clock, isKoinonError, type KoinonError, sleep, withDeadline } from '@koinon/base'
import { requireContracts } from './contracts.ts'
import { refillGas, type Treasury } from './treasury.ts'

export type LedgerKeeperOptions = {
  readonly treasury: Treasury
  readonly accounts: readonly Address[]
  readonly clock: Clock
  readonly intervalMs: number
  /** The chain lost the network's contracts: nothing on it can go on. */
  readonly onGone: (error: KoinonError) => void
  /** One sentence when something that can mend itself begins, and one when it is over. */
  readonly onNotice: (sentence: string) => void
}

const lookTimeoutMs = 60_000
/** A server behind a balancer may be a block behind: one look is no proof. */
const looksBeforeGone = 2
const refillEveryMs = 60_000

export class LedgerKeeper {
  readonly #options: LedgerKeeperOptions
  readonly #stopping = new AbortController()
  #loop: Promise<void> | undefined
  #trouble: string | undefined
  #looksWithoutContracts = 0
  #refilledAtMs: number

  constructor(options: LedgerKeeperOptions) {
    this.#options = options
    this.#refilledAtMs = options.clock.nowMs()
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await sleep(this.#options.intervalMs * (0.75 + Math.random() / 2), signal)
      if (signal.aborted) return
      try {
        await withDeadline(this.#look(), lookTimeoutMs, 'Looking at the chain')
        this.#settle()
      } catch (error) {
        if (!signal.aborted && this.#fail(error)) return
      }
    }
  }

  async #look(): Promise<void> {
    const { treasury, accounts, clock } = this.#options
    await requireContracts(treasury.reader, treasury.network)
    this.#looksWithoutContracts = 0
    if (clock.nowMs() - this.#refilledAtMs < refillEveryMs) return
    await refillGas(treasury, accounts)
    this.#refilledAtMs = clock.nowMs()
  }

  /** True when there is nothing left to look after. */
  #fail(error: unknown): boolean {
    if (isKoinonError(error) && error.code === 'ledger/contracts-gone') {
      this.#looksWithoutContracts += 1
      if (this.#looksWithoutContracts < looksBeforeGone) return false
      this.#options.onGone(error)
      return true
    }
    const isUnfunded = isKoinonError(error) && error.code === 'node/treasury-unfunded'
    const { rpcUrl } = this.#options.treasury.network
    const trouble = isUnfunded
      ? `${error.message}. ${error.hint ?? ''}`
      : `the chain at ${rpcUrl} does not answer; questions are answered, epochs and payments wait for it`
    const kind = isUnfunded ? 'unfunded' : 'silent'
    if (this.#trouble !== kind) this.#options.onNotice(trouble)
    this.#trouble = kind
    return false
  }

  #settle(): void {
    if (this.#trouble !== undefined) this.#options.onNotice('the chain is well again')
    this.#trouble = undefined
  }
}
