import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import type { ChannelBook } from '../core/channel-book.ts'
import type { ChannelFacts, ChannelState } from '../core/channel-state.ts'
import { readChannelFacts } from '../core/escrow.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'

/** What a receiver asks of a channel before it serves on it. */
export type ChannelTerms = {
  /** Receiver and receiverAuthorizer must both be this account. */
  readonly receiver: Address
  readonly token: Address
  /** Seconds; must leave time to claim. */
  readonly minimumWithdrawDelay: number
  /** Deposit not yet claimed. */
  readonly minimumDepositAtomic: bigint
  readonly creditLimitPicoUsd: bigint
  /** Memory is bounded: beyond this many channels new ones are refused. */
  readonly maximumChannels: number
}

export type ChannelAdmissionOptions = {
  readonly book: ChannelBook
  readonly reader: LedgerReader
  readonly terms: ChannelTerms
  readonly clock: Clock
}

/** Strangers may name channels that do not exist, each costing a read of the ledger: at most this many reads at once. */
const maximumReads = 8
/** A channel is read again at most this often on a payer's word. */
const refreshIntervalMs = 2_000

/** Lets channels into the book: terms first, then one read of the ledger. Afterwards requests cost no read. */
export class ChannelAdmission {
  readonly #options: ChannelAdmissionOptions
  readonly #reads = new Map<Hex, Promise<ChannelState>>()
  readonly #readAtMs = new Map<Hex, number>()

  constructor(options: ChannelAdmissionOptions) {
    this.#options = options
  }

  /**
   * The channel's state, admitted now or before. Throws `payments/channel-unsuitable` (terms), `payments/channel-empty`,
   * `payments/channel-closing`, `payments/busy` or `payments/ledger-unreachable`.
   */
  async admit(config: ChannelConfig, creditLimitPicoUsd?: bigint): Promise<ChannelState> {
    const { book, terms } = this.#options
    const channelId = channelIdOf(config, book.domain)
    const known = book.get(channelId)
    if (known !== undefined) return known
    this.checkTerms(config)
    this.checkRoom()
    return this.#once(channelId, async () => {
      const facts = await this.#read(channelId)
      checkFacts(facts, terms)
      return book.add({
        ...facts,
        config,
        role: 'inbound',
        creditLimitPicoUsd: creditLimitPicoUsd ?? terms.creditLimitPicoUsd,
        nowMs: this.#options.clock.nowMs(),
      })
    })
  }

  /** Throws `payments/channel-unsuitable` for a channel that no deposit could make good. */
  checkTerms(config: ChannelConfig): void {
    checkTerms(config, this.#options.terms)
  }

  /** Throws `payments/busy` where one more channel would be too many; ask before money moves into one. */
  checkRoom(): void {
    const { book, terms } = this.#options
    const open = book.list().filter(({ role, status }) => role !== 'prepaid' && status !== 'closed').length
    if (open >= terms.maximumChannels) throw busy('This receiver serves as many channels as it can')
  }

  /** Admits a channel of which the ledger has just said this, after a deposit that went through us. Throws as `admit`. */
  async admitSeen(config: ChannelConfig, facts: ChannelFacts): Promise<ChannelState> {
    const { book, terms, clock } = this.#options
    this.checkTerms(config)
    if (book.get(channelIdOf(config, book.domain)) === undefined) checkFacts(facts, terms)
    const { creditLimitPicoUsd } = terms
    return book.add({ ...facts, config, role: 'inbound', creditLimitPicoUsd, nowMs: clock.nowMs() })
  }

  /** Admits a channel, or looks again at one that is known, because its payer may have topped it up. Throws as `admit`. */
  register(config: ChannelConfig): Promise<ChannelState> {
    const { book } = this.#options
    const known = book.get(channelIdOf(config, book.domain))
    return known === undefined ? this.admit(config) : this.refresh(known.channelId)
  }

  /** Reads a known channel again, at most every 2 s: after a payer says that it topped up. Throws as `admit`. */
  async refresh(channelId: Hex): Promise<ChannelState> {
    const { book, clock } = this.#options
    const state = book.require(channelId)
    const nowMs = clock.nowMs()
    if (nowMs - (this.#readAtMs.get(channelId) ?? Number.NEGATIVE_INFINITY) < refreshIntervalMs) return state
    return this.#once(channelId, async () => {
      const facts = await this.#read(channelId)
      this.#readAtMs.set(channelId, clock.nowMs())
      return book.observe(channelId, facts)
    })
  }

  async #read(channelId: Hex): Promise<ChannelFacts> {
    const { reader, book } = this.#options
    return (await readChannelFacts(reader, book.domain, [channelId])).get(channelId) as ChannelFacts
  }

  #once(channelId: Hex, read: () => Promise<ChannelState>): Promise<ChannelState> {
    const running = this.#reads.get(channelId)
    if (running !== undefined) return running
    if (this.#reads.size >= maximumReads) throw busy('Too many channels are being looked up')
    const started = read().finally(() => this.#reads.delete(channelId))
    this.#reads.set(channelId, started)
    return started
  }
}

function checkTerms(config: ChannelConfig, terms: ChannelTerms): void {
  if (config.receiver !== terms.receiver) throw unsuitable(`its receiver is ${config.receiver}, not ${terms.receiver}`)
  if (config.receiverAuthorizer !== terms.receiver) throw unsuitable('its receiverAuthorizer is not its receiver')
  if (config.token !== terms.token) throw unsuitable(`its token is ${config.token}, not ${terms.token}`)
  if (config.withdrawDelay < terms.minimumWithdrawDelay) {
    throw unsuitable(`its withdrawal delay of ${config.withdrawDelay} s is under ${terms.minimumWithdrawDelay} s`)
  }
  if (/^0x0{40}$/.test(config.payerAuthorizer)) throw unsuitable('it has no payerAuthorizer')
}

function checkFacts(facts: ChannelFacts, terms: ChannelTerms): void {
  if (facts.status === 'withdrawing') {
    throw new KoinonError({
      code: 'payments/channel-closing',
      message: 'The payer has begun to withdraw this channel',
      hint: 'Open a new channel to this receiver.',
    })
  }
  const left = facts.depositAtomic - facts.claimedAtomic
  if (facts.status === 'closed' || left < terms.minimumDepositAtomic) {
    throw new KoinonError({
      code: 'payments/channel-empty',
      message: `The channel holds ${left} atomic units, at least ${terms.minimumDepositAtomic} are needed`,
      hint: 'Deposit to the channel and wait until the transaction is mined.',
      retry: 'later',
    })
  }
}

function unsuitable(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/channel-unsuitable',
    message: `The channel cannot be used here: ${problem}`,
    hint: "Open a channel with this receiver's terms.",
  })
}

function busy(message: string): KoinonError {
  return new KoinonError({ code: 'payments/busy', message, retry: 'later' })
}
