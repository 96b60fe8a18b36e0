/** The gateway's money at its miners: locked up where questions go, taken back where none go any more (specs/0005-money.md section 5). */
import { type Address, bytesToHex, type Clock, errorToJson, type Hex, type Random } from '@koinon/base'
import type { ChannelOpener } from '@koinon/payments/client'
import type { ChannelBook, ChannelState } from '@koinon/payments/core'
import {
  availablePicoUsd,
  type ChannelConfig,
  depositDueAtomic,
  owedAtomicUp,
  type RoomPolicy,
  unlimitedCreditPicoUsd,
} from '@koinon/payments/rules'
import type { Logger } from 'pino'

export type ProviderChannelsOptions = {
  readonly book: ChannelBook
  readonly opener: ChannelOpener
  /** Pays, and signs the vouchers. */
  readonly account: Address
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Brings a channel, or its new deposit, to the provider's notice (`POST /v1/channels`). */
  readonly announce: (account: Address, config: ChannelConfig) => Promise<void>
  /** Looks at a channel on the ledger again (`ChannelAdmission.refresh`). */
  readonly refresh: (channelId: Hex) => Promise<ChannelState>
  readonly policy: RoomPolicy
}

/** So many channels are opened before the first question, and stay open without any. */
export const channelsAhead = 8
/** Time without an answer after which a channel is taken back: of a miner that left, of one that never earned, of any other. */
const idleMs = { left: 600_000, unproven: 3_600_000, listed: 86_400_000 } as const
/** After an opening that failed, until the next try. */
const retryMs = 2_000
/** 0.001 dollars, in units of 1e-6 dollar: less is not worth two transactions. */
const leastTakenBackAtomic = 1_000n

type Use = { readonly owedPicoUsd: bigint; readonly sinceMs: number }

/** Opens, tops up and takes back the gateway's channels to its providers; one transaction a provider at a time. */
export class ProviderChannels {
  readonly #options: ProviderChannelsOptions
  readonly #working = new Map<Address, Promise<void>>()
  readonly #retryAtMs = new Map<Address, number>()
  readonly #announced = new Set<Hex>()
  readonly #uses = new Map<Hex, Use>()
  /** Salt of a channel whose opening has not ended well: the next try must hit the same one, lest a deposit be forgotten. */
  readonly #salts = new Map<Address, Hex>()
  #leaving: Promise<void> | undefined
  /** When the rest of a channel can be fetched. */
  readonly #availableAtMs = new Map<Hex, number>()

  constructor(options: ProviderChannelsOptions) {
    this.#options = options
  }

  /**
   * The channel to a provider, with room for an answer of at most so much where it may have that; `coming` while it is being opened,
   * topped up or announced, which this call begins if need be. Undefined when there is none and none can be opened now.
   */
  channelTo(provider: Address, neededPicoUsd: bigint): ChannelState | 'coming' | undefined {
    const channel = this.#options.book.outboundTo(provider)
    const isKnown = channel !== undefined && this.#announced.has(channel.channelId)
    if (isKnown && availablePicoUsd(channel) >= neededPicoUsd) return channel
    if (this.#working.has(provider)) return 'coming'
    if (this.#isPausing(provider) || (isKnown && this.#due(provider, neededPicoUsd) === 0n)) return channel
    this.#once(provider, neededPicoUsd).catch((error: unknown) => this.#complain(error, provider))
    return 'coming'
  }

  /** Keeps the channel of a listed provider filled and known to it; opens one only while there are few. Does not throw. */
  async tend(provider: Address): Promise<void> {
    if (this.#isPausing(provider)) return
    const isNew = this.#options.book.outboundTo(provider) === undefined
    if (isNew && this.#receivers().size >= channelsAhead) return
    await this.#once(provider, 0n).catch((error: unknown) => this.#complain(error, provider))
  }

  /** Goes on with every channel that is being taken back, and begins with those that nobody needs. Does not throw. */
  takeBack(listed: ReadonlySet<Address>): Promise<void> {
    this.#leaving ??= this.#takeAllBack(listed)
      .catch((error: unknown) => this.#complain(error))
      .finally(() => {
        this.#leaving = undefined
      })
    return this.#leaving
  }

  async #takeAllBack(listed: ReadonlySet<Address>): Promise<void> {
    const { book } = this.#options
    for (const { channelId } of this.#needless(listed)) {
      // A question may have come while another channel was written down.
      if (book.require(channelId).reservedPicoUsd === 0n) await book.setStatus(channelId, 'withdrawing')
    }
    const leaving = book.list().filter(({ role, status }) => role === 'outbound' && status === 'withdrawing')
    for (const channel of leaving) await this.#takeBack(channel)
  }

  /** Waits for openings under way, so that none is forgotten half done. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#working.values(), this.#leaving])
  }

  /** Channels with money of ours in them. */
  #open(): readonly ChannelState[] {
    return this.#options.book
      .list()
      .filter(
        (channel) =>
          channel.role === 'outbound' &&
          channel.status === 'open' &&
          channel.depositAtomic - owedAtomicUp(channel) >= leastTakenBackAtomic,
      )
  }

  /** Who has such a channel or is about to. */
  #receivers(): ReadonlySet<Address> {
    return new Set([...this.#open().map(({ config }) => config.receiver), ...this.#working.keys()])
  }

  #isPausing(provider: Address): boolean {
    return this.#options.clock.nowMs() < (this.#retryAtMs.get(provider) ?? 0)
  }

  #due(provider: Address, neededPicoUsd: bigint): bigint {
    const { book, policy } = this.#options
    return depositDueAtomic(book.outboundTo(provider), neededPicoUsd, policy)
  }

  #once(provider: Address, neededPicoUsd: bigint): Promise<void> {
    const working = this.#working.get(provider)
    if (working !== undefined) return working
    const started = this.#fill(provider, neededPicoUsd)
      .catch((error: unknown) => {
        this.#retryAtMs.set(provider, this.#options.clock.nowMs() + retryMs)
        throw error
      })
      .finally(() => this.#working.delete(provider))
    this.#working.set(provider, started)
    return started
  }

  async #fill(provider: Address, neededPicoUsd: bigint): Promise<void> {
    const { book, announce, log } = this.#options
    const due = this.#due(provider, neededPicoUsd)
    let channel = book.outboundTo(provider)
    if (due > 0n) {
      const isNew = channel === undefined
      channel = channel === undefined ? await this.#openChannel(provider, due) : await this.#deposit(channel, due)
      this.#announced.delete(channel.channelId)
      log.info(
        { provider, channelId: channel.channelId, depositAtomic: `${due}` },
        isNew ? 'opened a channel' : 'topped a channel up',
      )
    }
    if (channel === undefined || this.#announced.has(channel.channelId)) return
    await announce(provider, channel.config)
    this.#announced.add(channel.channelId)
  }

  async #openChannel(receiver: Address, depositAtomic: bigint): Promise<ChannelState> {
    const { book, opener, account, clock, random } = this.#options
    const salt = this.#salts.get(receiver) ?? bytesToHex(random(32))
    this.#salts.set(receiver, salt)
    const opened = await opener.open({ receiver, payerAuthorizer: account, depositAtomic, salt })
    const channel = await book.add({
      ...opened,
      role: 'outbound',
      creditLimitPicoUsd: unlimitedCreditPicoUsd,
      nowMs: clock.nowMs(),
    })
    this.#salts.delete(receiver)
    return channel
  }

  async #deposit(channel: ChannelState, dueAtomic: bigint): Promise<ChannelState> {
    const { book, opener } = this.#options
    return book.observe(channel.channelId, await opener.deposit(channel.config, dueAtomic))
  }

  /** Open channels without use: all of miners that left, and of others those that earned least, down to what is kept ahead. */
  #needless(listed: ReadonlySet<Address>): readonly ChannelState[] {
    const open = this.#open()
    const idle = open
      .filter((channel) => this.#isIdle(channel, listed))
      .toSorted((a, b) => (a.owedPicoUsd < b.owedPicoUsd ? -1 : a.owedPicoUsd > b.owedPicoUsd ? 1 : 0))
    const left = idle.filter(({ config }) => !listed.has(config.receiver))
    const surplus = Math.max(0, open.length - left.length - channelsAhead)
    return [...left, ...idle.filter(({ config }) => listed.has(config.receiver)).slice(0, surplus)]
  }

  #isIdle(channel: ChannelState, listed: ReadonlySet<Address>): boolean {
    const { channelId, owedPicoUsd, config } = channel
    const nowMs = this.#options.clock.nowMs()
    const use = this.#uses.get(channelId)
    const isUsed = channel.reservedPicoUsd > 0n || this.#working.has(config.receiver)
    if (use === undefined || isUsed || use.owedPicoUsd !== owedPicoUsd) {
      this.#uses.set(channelId, { owedPicoUsd, sinceMs: nowMs })
      return false
    }
    const limitMs = !listed.has(config.receiver) ? idleMs.left : owedPicoUsd === 0n ? idleMs.unproven : idleMs.listed
    return nowMs - use.sinceMs >= limitMs
  }

  async #takeBack(channel: ChannelState): Promise<void> {
    const { opener, refresh, clock, log } = this.#options
    const { channelId, config } = channel
    if (clock.nowMs() < (this.#availableAtMs.get(channelId) ?? 0)) return
    try {
      // What is owed stays, also when its receiver cannot claim it now.
      const outcome = await opener.takeBack(config, owedAtomicUp(channel))
      if (outcome.state === 'waiting') {
        this.#availableAtMs.set(channelId, outcome.availableAtMs)
        return
      }
      this.#availableAtMs.delete(channelId)
      this.#uses.delete(channelId)
      const { status } = await refresh(channelId)
      const amountAtomic = outcome.state === 'returned' ? `${outcome.amountAtomic}` : '0'
      log.info({ provider: config.receiver, channelId, amountAtomic, status }, 'took the rest of a channel back')
    } catch (error) {
      this.#availableAtMs.set(channelId, clock.nowMs() + retryMs)
      this.#complain(error, config.receiver)
    }
  }

  #complain(error: unknown, provider?: Address): void {
    this.#options.log.warn({ error: errorToJson(error), provider }, 'a channel could not be changed; trying again')
  }
}
