import { type Address, sleep } from '@koinon/base'
import type { SubnetLedger } from '@koinon/subnets'

const refreshIntervalMs = 5_000

/** Which accounts hold a validator permit now, kept fresh in the background so that requests cost no look at the ledger. */
export class PermittedAccounts {
  readonly #options: {
    readonly ledger: SubnetLedger
    readonly netuid: number
    readonly onError: (error: unknown) => void
  }
  readonly #stopping = new AbortController()
  #permitted: ReadonlySet<Address> = new Set()
  #loop: Promise<void> | undefined

  constructor(options: {
    readonly ledger: SubnetLedger
    readonly netuid: number
    readonly onError: (error: unknown) => void
  }) {
    this.#options = options
  }

  has(account: Address): boolean {
    return this.#permitted.has(account)
  }

  start(): void {
    this.#loop ??= this.#follow()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #follow(): Promise<void> {
    const { ledger, netuid, onError } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        const nowSeconds = await ledger.nowSeconds()
        const permitted = await ledger.permittedAt(netuid, nowSeconds - 1)
        this.#permitted = new Set(permitted.map(({ hotkey }) => hotkey))
      } catch (error) {
        onError(error)
      }
      await sleep(refreshIntervalMs, this.#stopping.signal)
    }
  }
}
