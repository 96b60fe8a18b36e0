import {
  type Address,
  bytesToHex,
  type Clock,
  type Hex,
  isKoinonError,
  KoinonError,
  type Random,
  sleep,
  type TypedDataDomain,
} from '@koinon/base'
import { type LedgerReader, readDollarDomain, type TransactionSender } from '@koinon/ledger'
import { batchSettlementAbi, dollarAbi } from '@koinon/ledger/abis'
import type { ChannelFacts } from '../core/channel-state.ts'
import { type PendingWithdrawal, reachable, readChannelFacts, readPendingWithdrawal } from '../core/escrow.ts'
import type { DelegatingAccount } from '../core/session.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain, withdrawDelayBounds } from '../rules/channel.ts'
import { collectorData, type DepositAuthorization, depositDigest, depositNonce } from './deposit-authorization.ts'

export type ChannelOpenerOptions = {
  readonly reader: LedgerReader
  /** Pays the gas; may be another account than the payer. */
  readonly sender: TransactionSender
  /** Owns the money; signs the deposit. */
  readonly payer: DelegatingAccount
  readonly domain: EscrowDomain
  /** A token with EIP-3009. */
  readonly token: Address
  /** The escrow's EIP-3009 collector. */
  readonly collector: Address
  readonly clock: Clock
  readonly random: Random
}

export type ChannelRequest = {
  readonly receiver: Address
  /** Account whose vouchers will count: the payer's own, a session key's or an API key's. */
  readonly payerAuthorizer: Address
  readonly depositAtomic: bigint
  /** Seconds, from 15 minutes (the default) to 30 days. */
  readonly withdrawDelay?: number
  /** 32 bytes that tell apart several channels of the same terms; random unless given. */
  readonly salt?: Hex
}

export type OpenedChannel = ChannelFacts & {
  readonly channelId: Hex
  readonly config: ChannelConfig
  /** Names the deposit; ask again with the same one after an unknown outcome. */
  readonly depositId: Hex
}

/** Where the rest of a channel is on its way back to its payer; amounts in atomic units of the channel's token. */
export type TakenBack =
  | { readonly state: 'nothing' }
  | { readonly state: 'waiting'; readonly amountAtomic: bigint; readonly availableAtMs: number }
  | { readonly state: 'returned'; readonly amountAtomic: bigint }

/** Signed deposits stay valid this long; one that was not mined by then never will be. */
const validitySeconds = 1800
/** How often, and how far apart, the ledger is asked what became of a deposit whose transaction went silent. */
const outcomeLooks = 10
const outcomeIntervalMs = 1_000

/** Opens, tops up and ends the payer's channels. A deposit happens at most once, whatever is lost on the way. */
export class ChannelOpener {
  readonly #options: ChannelOpenerOptions
  #tokenDomain: Promise<Required<TypedDataDomain>> | undefined

  constructor(options: ChannelOpenerOptions) {
    this.#options = options
  }

  /** Opens a channel and waits until the deposit is mined. Throws as `deposit`. */
  async open(request: ChannelRequest): Promise<OpenedChannel> {
    const { payer, token, random } = this.#options
    const config: ChannelConfig = {
      payer: payer.address,
      payerAuthorizer: request.payerAuthorizer,
      receiver: request.receiver,
      receiverAuthorizer: request.receiver,
      token,
      withdrawDelay: request.withdrawDelay ?? withdrawDelayBounds.minimum,
      salt: request.salt ?? bytesToHex(random(32)),
    }
    return this.deposit(config, request.depositAtomic)
  }

  /**
   * Deposits to a channel, opening it if it is new. With the same `depositId` the money moves once, however often it is asked.
   * Throws `ledger/*` (nothing was deposited) or `payments/deposit-unknown` (retry with `details.depositId`).
   */
  async deposit(config: ChannelConfig, amountAtomic: bigint, depositId?: Hex): Promise<OpenedChannel> {
    const { payer, collector, clock, random, domain } = this.#options
    const authorization: DepositAuthorization = {
      channelId: channelIdOf(config, domain),
      payer: payer.address,
      collector,
      amountAtomic,
      validBefore: Math.floor(clock.nowMs() / 1000) + validitySeconds,
      depositId: depositId ?? bytesToHex(random(32)),
    }
    if (depositId === undefined || !(await this.#isCollected(authorization))) await this.#collect(config, authorization)
    return this.#opened(config, authorization)
  }

  /** Starts the clock after which the payer may take back `amountAtomic` of what is not claimed. Throws `ledger/*`. */
  async initiateWithdrawal(config: ChannelConfig, amountAtomic: bigint): Promise<void> {
    await this.#options.sender.call({
      address: this.#options.domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'initiateWithdraw',
      args: [config, amountAtomic],
    })
  }

  /** Takes back what the receiver has not claimed, after the channel's delay. Throws `ledger/*`. */
  async finalizeWithdrawal(config: ChannelConfig): Promise<void> {
    await this.#options.sender.call({
      address: this.#options.domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'finalizeWithdraw',
      args: [config],
    })
  }

  /**
   * Brings what is left of a channel one step nearer: asks for it, says when it comes, or fetches it once the delay is over. Safe to
   * repeat. `owedAtomic` of what was ever deposited stays for the receiver, also if it has not claimed it yet. Throws `ledger/*` and
   * `payments/ledger-unreachable`.
   */
  async takeBack(config: ChannelConfig, owedAtomic = 0n): Promise<TakenBack> {
    const pending = await this.#pending(config)
    if (pending.amountAtomic === 0n) {
      const { depositAtomic, claimedAtomic } = await this.#facts(config)
      const left = depositAtomic - (claimedAtomic > owedAtomic ? claimedAtomic : owedAtomic)
      if (left <= 0n) return { state: 'nothing' }
      await this.initiateWithdrawal(config, left)
      const { amountAtomic, availableAtMs } = await this.#pending(config)
      return { state: 'waiting', amountAtomic, availableAtMs }
    }
    const { reader, clock, token, payer } = this.#options
    const { timestamp } = await reachable(reader.getBlock())
    if (Math.max(clock.nowMs(), Number(timestamp) * 1000) < pending.availableAtMs)
      return { state: 'waiting', ...pending }
    const balance = (): Promise<bigint> =>
      reachable(
        reader.readContract({ address: token, abi: dollarAbi, functionName: 'balanceOf', args: [payer.address] }),
      )
    const before = await balance()
    await this.finalizeWithdrawal(config)
    // The receiver may have claimed in the meantime, so the balance says what came, not what was asked for.
    return { state: 'returned', amountAtomic: (await balance()) - before }
  }

  async #facts(config: ChannelConfig): Promise<ChannelFacts> {
    const channelId = channelIdOf(config, this.#options.domain)
    const facts = await readChannelFacts(this.#options.reader, this.#options.domain, [channelId])
    return facts.get(channelId) as ChannelFacts
  }

  #pending(config: ChannelConfig): Promise<PendingWithdrawal> {
    return readPendingWithdrawal(this.#options.reader, this.#options.domain, config)
  }

  async #collect(config: ChannelConfig, authorization: DepositAuthorization): Promise<void> {
    const { payer, sender, domain, collector } = this.#options
    const signature = await payer.signDigest(depositDigest(authorization, await this.#domainOfToken()))
    const call = {
      address: domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'deposit',
      args: [config, authorization.amountAtomic, collector, collectorData(authorization, signature)],
    } as const
    try {
      await sender.call(call)
    } catch (error) {
      if (!isKoinonError(error) || error.code !== 'ledger/unknown-outcome') throw error
      await this.#findOut(authorization, error)
    }
  }

  /** The transaction went silent. The token knows whether this very authorization was used. */
  async #findOut(authorization: DepositAuthorization, cause: KoinonError): Promise<void> {
    for (let look = 0; look < outcomeLooks; look++) {
      if (await this.#isCollected(authorization).catch(() => false)) return
      await sleep(outcomeIntervalMs)
    }
    throw new KoinonError({
      code: 'payments/deposit-unknown',
      message: 'The ledger did not say whether the deposit was mined',
      hint: `Ask again with the same deposit id; it moves the money at most once, and not after ${validitySeconds / 60} minutes.`,
      retry: 'unknown',
      details: { ...cause.details, channelId: authorization.channelId, depositId: authorization.depositId },
      cause,
    })
  }

  #isCollected(authorization: DepositAuthorization): Promise<boolean> {
    const { reader, token, payer } = this.#options
    return reachable(
      reader.readContract({
        address: token,
        abi: dollarAbi,
        functionName: 'authorizationState',
        args: [payer.address, depositNonce(authorization)],
      }),
    )
  }

  async #opened(config: ChannelConfig, { channelId, depositId }: DepositAuthorization): Promise<OpenedChannel> {
    return { channelId, config, depositId, ...(await this.#facts(config)) }
  }

  /** The token's EIP-712 domain; it does not change. */
  #domainOfToken(): Promise<Required<TypedDataDomain>> {
    this.#tokenDomain ??= readDollarDomain(this.#options.reader, this.#options.token).catch((error: unknown) => {
      this.#tokenDomain = undefined
      throw error
    })
    return this.#tokenDomain
  }
}
