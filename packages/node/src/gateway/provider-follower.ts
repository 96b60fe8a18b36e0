/** Keeps the gateway's table of providers and its channels to them in step with the ledger: miners come, move and leave. */
import { type Address, errorToJson, sleep } from '@koinon/base'
import type { ProviderTable } from '@koinon/inference/client'
import type { SubnetLedger } from '@koinon/subnets'
import type { Logger } from 'pino'
import { originOf } from './endpoint-origin.ts'
import type { ProviderChannels } from './provider-channels.ts'

export type ProviderFollowerOptions = {
  readonly ledger: SubnetLedger
  readonly netuid: number
  readonly table: ProviderTable
  readonly channels: ProviderChannels
  readonly log: Logger
}

const pollIntervalMs = 2_000
const longestBackoffMs = 30_000

export class ProviderFollower {
  readonly #options: ProviderFollowerOptions
  readonly #stopping = new AbortController()
  #loop: Promise<void> | undefined

  constructor(options: ProviderFollowerOptions) {
    this.#options = options
  }

  /** Looks once, so that the gateway is ready as soon as it listens, and goes on in the background. */
  async start(): Promise<void> {
    await this.#look().catch((error: unknown) => this.#complain(error))
    this.#loop = this.#follow()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#options.channels.stop()
  }

  async #follow(): Promise<void> {
    const signal = this.#stopping.signal
    let failures = 0
    while (!signal.aborted) {
      await sleep(Math.min(longestBackoffMs, pollIntervalMs * 2 ** failures) * (0.75 + Math.random() / 2), signal)
      if (signal.aborted) return
      try {
        await this.#look()
        failures = 0
      } catch (error) {
        failures = Math.min(failures + 1, 5)
        this.#complain(error)
      }
    }
  }

  async #look(): Promise<void> {
    const { ledger, netuid, table, channels } = this.#options
    // Who is a miner shows in what its endpoint offers. Stake says nothing: anybody may put some on a rival's hotkey.
    const miners = (await ledger.endpoints(netuid)).filter(({ endpoint }) => endpoint !== '')
    const accounts = new Set(miners.map(({ hotkey }) => hotkey))
    for (const link of table.list()) if (!accounts.has(link.account)) await table.remove(link.account)
    await Promise.all(miners.map((miner) => this.#connect(miner.hotkey, miner.endpoint)))
    // Takes as long as the ledger takes; miners that come meanwhile are not kept waiting.
    void channels.takeBack(accounts)
  }

  async #connect(account: Address, endpoint: string): Promise<void> {
    const { table, channels } = this.#options
    try {
      await table.add({ account, endpoint: originOf(endpoint) })
      // A stranger that registers and never serves must not cost a deposit.
      if (table.get(account)?.offer === undefined) return
      await channels.tend(account)
    } catch (error) {
      this.#complain(error, account)
    }
  }

  #complain(error: unknown, provider?: Address): void {
    this.#options.log.warn({ error: errorToJson(error), provider }, 'could not follow the miners; trying again')
  }
}
