/** Keeps the gateway's table of providers and its channels to them in step with the ledger: miners come, move and leave. */
import { type Address, atomicToPicoUsd, type Clock, errorToJson, type Hex, sleep } from '@koinon/base'
import type { ProviderTable } from '@koinon/inference/client'
import { type ChannelBook, type ChannelConfig, type ChannelOpener, unlimitedCreditPicoUsd } from '@koinon/payments'
import type { SubnetLedger } from '@koinon/subnets'
import type { Logger } from 'pino'
import { originOf } from './endpoint-origin.ts'

export type ProviderFollowerOptions = {
  readonly ledger: SubnetLedger
  readonly netuid: number
  readonly table: ProviderTable
  readonly book: ChannelBook
  readonly opener: ChannelOpener
  readonly account: Address
  readonly clock: Clock
  readonly log: Logger
  /** Brings a channel to the provider's notice (`POST /v1/channels`). */
  readonly announce: (account: Address, config: ChannelConfig) => Promise<void>
  /** Deposit of a new channel, and what is added when less than half of it is left; 1e-6 dollar. */
  readonly depositAtomic: bigint
}

const pollIntervalMs = 2_000
const longestBackoffMs = 30_000

export class ProviderFollower {
  readonly #options: ProviderFollowerOptions
  readonly #stopping = new AbortController()
  readonly #announced = new Set<Hex>()
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
    const { ledger, netuid, table } = this.#options
    const [endpoints, nowSeconds] = await Promise.all([ledger.endpoints(netuid), ledger.nowSeconds()])
    const permitted = new Set((await ledger.permittedAt(netuid, nowSeconds - 1)).map(({ hotkey }) => hotkey))
    const miners = endpoints.filter(({ hotkey, endpoint }) => endpoint !== '' && !permitted.has(hotkey))
    const accounts = new Set(miners.map(({ hotkey }) => hotkey))
    for (const link of table.list()) if (!accounts.has(link.account)) await table.remove(link.account)
    await Promise.all(miners.map((miner) => this.#connect(miner.hotkey, miner.endpoint)))
  }

  async #connect(account: Address, endpoint: string): Promise<void> {
    const { table } = this.#options
    try {
      await table.add({ account, endpoint: originOf(endpoint) })
      // A stranger that registers and never serves must not cost a deposit.
      if (table.get(account)?.offer === undefined) return
      await this.#ensureChannel(account)
    } catch (error) {
      this.#complain(error, account)
    }
  }

  async #ensureChannel(account: Address): Promise<void> {
    const { book, opener, depositAtomic, clock, announce, log } = this.#options
    let channel = book.outboundTo(account)
    if (channel === undefined) {
      const opened = await opener.open({ receiver: account, payerAuthorizer: this.#options.account, depositAtomic })
      channel = await book.add({
        ...opened,
        role: 'outbound',
        creditLimitPicoUsd: unlimitedCreditPicoUsd,
        nowMs: clock.nowMs(),
      })
      log.info(
        { provider: account, channelId: channel.channelId, depositAtomic: `${depositAtomic}` },
        'opened a channel',
      )
    } else if (atomicToPicoUsd(channel.depositAtomic) - channel.owedPicoUsd < atomicToPicoUsd(depositAtomic) / 2n) {
      const opened = await opener.deposit(channel.config, depositAtomic)
      channel = await book.observe(channel.channelId, opened)
      log.info({ provider: account, channelId: channel.channelId }, 'topped a channel up')
    }
    if (this.#announced.has(channel.channelId)) return
    await announce(account, channel.config)
    this.#announced.add(channel.channelId)
  }

  #complain(error: unknown, provider?: Address): void {
    this.#options.log.warn({ error: errorToJson(error), provider }, 'could not follow the miners; trying again')
  }
}
