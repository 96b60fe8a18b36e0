import { type Address, atomicToPicoUsd, type Hex, KoinonError } from '@koinon/base'
import type { DurableStore, SqlStatement } from '@koinon/base/node'
import { admissionRefusal, type ChannelStatus, unsecuredPicoUsd } from '../rules/admission.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain } from '../rules/channel.ts'
import { admissionError, channelUnknown } from '../rules/refusals.ts'
import {
  type ChannelFacts,
  type ChannelRole,
  type ChannelState,
  channelFromRow,
  channelInsert,
  factsUpdate,
  owedUpdate,
  voucherUpdate,
} from './channel-state.ts'
import { prepaidFromRow, prepaidInsert, prepaidState } from './prepaid.ts'

/** A worst case held on a channel until the answer is final or given up. */
export type Reservation = { readonly id: number; readonly channelId: Hex; readonly maximumPicoUsd: bigint }

/** A voucher of a known channel with its payer's signature. */
export type HeldVoucher = { readonly voucherAtomic: bigint; readonly signature: Hex }

/** What changes on a channel when answers become final. */
export type ChannelSettlement = {
  readonly channelId: Hex
  readonly owedPicoUsd: bigint
  readonly voucher?: HeldVoucher
}

export type NewChannel = ChannelFacts & {
  readonly config: ChannelConfig
  readonly role: ChannelRole
  /** `unlimitedCreditPicoUsd` where we hold the payer's voucher key at the moment of debt, and for outbound channels. */
  readonly creditLimitPicoUsd: bigint
  readonly nowMs: number
}

/**
 * All channels of one role in memory, each change also in the store. One book a store and one writer a book: the rows are read once,
 * at `start`. Decisions take no I/O; reservations live in memory only, so a crash frees them.
 */
export class ChannelBook {
  readonly domain: EscrowDomain
  readonly #store: DurableStore
  readonly #channels = new Map<Hex, ChannelState>()
  /** What each payer owes or has in work without a voucher, over all its inbound channels; payers without any are left out. */
  readonly #unsecured = new Map<Address, bigint>()
  readonly #reservations = new Map<number, Reservation>()
  #nextReservation = 1

  constructor(options: { readonly store: DurableStore; readonly domain: EscrowDomain }) {
    this.#store = options.store
    this.domain = options.domain
  }

  /** Loads the channels. Throws `payments/wrong-escrow` when the store belongs to another chain or contract. */
  async start(): Promise<void> {
    const channels = (await this.#store.read('select * from payment_channels')).map(channelFromRow)
    const prepaid = (await this.#store.read('select * from payment_prepaid')).map(prepaidFromRow)
    for (const state of [...channels, ...prepaid]) {
      if (channelIdOf(state.config, this.domain) !== state.channelId) {
        throw new KoinonError({
          code: 'payments/wrong-escrow',
          message: `The stored channel ${state.channelId.slice(0, 12)}… belongs to another chain or escrow contract`,
          hint: 'Use a home of its own for each network.',
        })
      }
      this.#put(state)
    }
  }

  get(channelId: Hex): ChannelState | undefined {
    return this.#channels.get(channelId)
  }

  /** The channel, or throws `payments/channel-unknown`. */
  require(channelId: Hex): ChannelState {
    const state = this.#channels.get(channelId)
    if (state === undefined) throw channelUnknown(channelId)
    return state
  }

  list(): readonly ChannelState[] {
    return [...this.#channels.values()]
  }

  /** The open outbound channel to a receiver with the most left, if there is one. */
  outboundTo(receiver: Address): ChannelState | undefined {
    let best: ChannelState | undefined
    for (const state of this.#channels.values()) {
      if (state.role !== 'outbound' || state.status !== 'open' || state.config.receiver !== receiver) continue
      const room = (channel: ChannelState) => atomicToPicoUsd(channel.depositAtomic) - channel.owedPicoUsd
      if (best === undefined || room(state) > room(best)) best = state
    }
    return best
  }

  /**
   * Adds a channel, or refreshes the facts of a known one. A new channel starts with what the ledger has seen claimed as owed and
   * vouchered, so that a lost store never bills a payer twice.
   */
  async add(channel: NewChannel): Promise<ChannelState> {
    const channelId = channelIdOf(channel.config, this.domain)
    if (this.#channels.has(channelId)) return this.observe(channelId, channel)
    const state: ChannelState = {
      channelId,
      config: channel.config,
      role: channel.role,
      depositAtomic: channel.depositAtomic,
      claimedAtomic: channel.claimedAtomic,
      status: channel.status,
      owedPicoUsd: atomicToPicoUsd(channel.claimedAtomic),
      reservedPicoUsd: 0n,
      voucherAtomic: channel.claimedAtomic,
      voucherSignature: undefined,
      creditLimitPicoUsd: channel.creditLimitPicoUsd,
      openedAtMs: channel.nowMs,
    }
    await this.#store.write([channelInsert(state)])
    // A second caller may have been faster; its state may have moved on already.
    const known = this.#channels.get(channelId)
    if (known !== undefined) return known
    this.#channels.set(channelId, state)
    return state
  }

  /**
   * The account of a payer's exact payments in one token, which has no channel and is never claimed: receipts need a channel id and a
   * running total. Its row is the returned statement, to be written with the payment.
   */
  openPrepaid(config: ChannelConfig, nowMs: number): { readonly state: ChannelState; readonly row: SqlStatement } {
    const channelId = channelIdOf(config, this.domain)
    const known = this.#channels.get(channelId)
    if (known !== undefined) return { state: known, row: prepaidInsert(known) }
    const state = prepaidState(channelId, config, nowMs)
    this.#put(state)
    return { state, row: prepaidInsert(state) }
  }

  /**
   * Takes over what the ledger says now; durable when it resolves, in force at once. Where more is claimed of an inbound channel than is
   * owed here, somebody else serves it with the receiver's key (or did, before a store was put back): what they claimed counts as owed,
   * so that the same deposit does not pay for two answers.
   */
  async observe(channelId: Hex, facts: ChannelFacts): Promise<ChannelState> {
    const state = this.require(channelId)
    const { depositAtomic, claimedAtomic, status } = facts
    const isElsewhere = state.role === 'inbound' && atomicToPicoUsd(claimedAtomic) > state.owedPicoUsd
    const isSame =
      state.depositAtomic === depositAtomic && state.claimedAtomic === claimedAtomic && state.status === status
    if (isSame && !isElsewhere) return state
    const next = {
      ...state,
      depositAtomic,
      claimedAtomic,
      status,
      ...(isElsewhere ? spentElsewhere(state, facts) : {}),
    }
    this.#put(next)
    await this.#store.write([
      factsUpdate(channelId, facts),
      ...(isElsewhere
        ? [owedUpdate(channelId, next.owedPicoUsd), voucherUpdate(channelId, next.voucherAtomic, next.voucherSignature)]
        : []),
    ])
    return next
  }

  /** Takes no new answers from now on (before the ledger says so itself). */
  async setStatus(channelId: Hex, status: ChannelStatus): Promise<ChannelState> {
    return this.observe(channelId, { ...this.require(channelId), status })
  }

  /**
   * Holds the worst case of an answer. Throws `payments/channel-unknown`, `channel-closing`, `channel-empty` or `credit-exhausted`;
   * end it with `release` or by making the answer final.
   */
  reserve(channelId: Hex, maximumPicoUsd: bigint): Reservation {
    const state = this.require(channelId)
    // Credit is the payer's, not the channel's: channels cost next to nothing.
    const unsecured = state.role === 'inbound' ? this.unsecuredOf(state.config.payer) : unsecuredPicoUsd(state)
    return this.#reserve(channelId, state, maximumPicoUsd, unsecured)
  }

  /** The same for an answer whose voucher is in hand: credit does not matter then. */
  reserveCovered(channelId: Hex, maximumPicoUsd: bigint): Reservation {
    return this.#reserve(channelId, this.require(channelId), maximumPicoUsd, 0n)
  }

  #reserve(channelId: Hex, state: ChannelState, maximumPicoUsd: bigint, unsecured: bigint): Reservation {
    if (maximumPicoUsd < 0n) {
      throw new KoinonError({ code: 'payments/bad-amount', message: 'A reservation cannot be negative' })
    }
    const refusal = state.role === 'prepaid' ? undefined : admissionRefusal(state, maximumPicoUsd, unsecured)
    if (refusal !== undefined) throw admissionError(refusal, channelId, state, maximumPicoUsd, unsecured)
    const reservation: Reservation = { id: this.#nextReservation++, channelId, maximumPicoUsd }
    this.#reservations.set(reservation.id, reservation)
    this.#put({ ...state, reservedPicoUsd: state.reservedPicoUsd + maximumPicoUsd })
    return reservation
  }

  /** Frees a reservation; a second call does nothing. */
  release(reservation: Reservation): void {
    const held = this.#reservations.get(reservation.id)
    if (held === undefined) return
    this.#reservations.delete(held.id)
    const state = this.#channels.get(held.channelId)
    if (state !== undefined) {
      this.#put({ ...state, reservedPicoUsd: state.reservedPicoUsd - held.maximumPicoUsd })
    }
  }

  /** What a payer owes us or has in work without a voucher, over all its channels, ended ones included; pico-dollars. */
  unsecuredOf(payer: Address): bigint {
    return this.#unsecured.get(payer) ?? 0n
  }

  /** A known channel of exactly these terms, without a hash; undefined when it is not known or the id is another's. */
  find(channelId: Hex, config: ChannelConfig): ChannelState | undefined {
    const state = this.#channels.get(channelId)
    return state !== undefined && isSameConfig(state.config, config) ? state : undefined
  }

  /** Number of reservations that are held, those of answers that are just becoming final included. */
  get heldReservations(): number {
    return this.#reservations.size
  }

  /** True while the reservation is held. */
  isHeld(reservation: Reservation): boolean {
    return this.#reservations.get(reservation.id)?.channelId === reservation.channelId
  }

  /** Raises the voucher at once; resolves when it is durable. A lower or equal one changes nothing. */
  async raiseVoucher(channelId: Hex, voucherAtomic: bigint, signature: Hex | undefined): Promise<void> {
    const state = this.require(channelId)
    if (voucherAtomic <= state.voucherAtomic) return
    this.#put({ ...state, voucherAtomic, voucherSignature: signature })
    await this.#store.write([voucherUpdate(channelId, voucherAtomic, signature)])
  }

  /** Takes over what the receipt ledger has just made durable. Not for other callers. */
  applySettlement(settlement: ChannelSettlement): void {
    const state = this.require(settlement.channelId)
    const voucher = settlement.voucher
    const isHigher = voucher !== undefined && voucher.voucherAtomic > state.voucherAtomic
    this.#put({
      ...state,
      owedPicoUsd: settlement.owedPicoUsd,
      ...(isHigher ? { voucherAtomic: voucher.voucherAtomic, voucherSignature: voucher.signature } : {}),
    })
  }

  #put(state: ChannelState): void {
    const before = this.#channels.get(state.channelId)
    this.#channels.set(state.channelId, state)
    if (state.role !== 'inbound') return
    const { payer } = state.config
    const change = unsecuredPicoUsd(state) - (before === undefined ? 0n : unsecuredPicoUsd(before))
    const sum = this.unsecuredOf(payer) + change
    if (sum === 0n) this.#unsecured.delete(payer)
    else this.#unsecured.set(payer, sum)
  }
}

function isSameConfig(a: ChannelConfig, b: ChannelConfig): boolean {
  return (
    a.payer === b.payer &&
    a.payerAuthorizer === b.payerAuthorizer &&
    a.receiver === b.receiver &&
    a.receiverAuthorizer === b.receiverAuthorizer &&
    a.token === b.token &&
    a.withdrawDelay === b.withdrawDelay &&
    a.salt === b.salt
  )
}

/** A voucher below what is claimed brings nothing any more. */
function spentElsewhere(state: ChannelState, { claimedAtomic }: ChannelFacts) {
  const isVoucherSpent = claimedAtomic > state.voucherAtomic
  return {
    owedPicoUsd: atomicToPicoUsd(claimedAtomic),
    voucherAtomic: isVoucherSpent ? claimedAtomic : state.voucherAtomic,
    voucherSignature: isVoucherSpent ? undefined : state.voucherSignature,
  }
}
