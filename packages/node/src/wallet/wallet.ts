/** What an owner does with an account: look at balances, send, get test money, open and end API keys. Used by the page and the command line. */
import {
  type Address,
  bytesToHex,
  type Clock,
  dollarDecimals,
  formatUnits,
  type Hex,
  isKoinonError,
  KoinonError,
  systemRandom,
  toAddress,
} from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type Membership,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { dollarAbi, koinonTokenAbi } from '@koinon/ledger/abis'
import { ChannelOpener, createApiKey, signKeyGrant, signKeyRevocation, type TakenBack } from '@koinon/payments/client'
import { localDelegatingAccount } from '@koinon/payments/core'
import { type ChannelConfig, channelIdOf } from '@koinon/payments/rules'
import { isUnfinished, readApiKeys, type StoredApiKey, saveApiKey } from '../home/api-keys.ts'
import type { Home } from '../home/home.ts'
import type { AccountKey } from '../home/secrets.ts'
import { type Balances, readBalances } from '../local/treasury.ts'
import { minimumDepositAtomic } from './deposit-terms.ts'
import { askFaucet, type FaucetAnswer } from './faucet.ts'
import { gatewayUrlOf } from './gateway-url.ts'
import { requestJson } from './request-json.ts'

export type Asset = 'eth' | 'koin' | 'dollar'

/** The asset that a person or a page named. Throws `usage/unknown-asset`. */
export function parseAsset(name: string | undefined): Asset {
  if (name === 'eth' || name === 'koin' || name === 'dollar') return name
  throw new KoinonError({
    code: 'usage/unknown-asset',
    message: `"${name ?? ''}" is not an asset`,
    hint: 'Known: dollar, koin, eth.',
  })
}

export type WalletOptions = {
  readonly home: Home
  readonly network: NetworkFile
  readonly key: AccountKey
  readonly clock: Clock
}

const keyLifetimeSeconds = 365 * 24 * 3600

export class Wallet {
  readonly #options: WalletOptions
  readonly #reader: LedgerReader
  readonly #sender: TransactionSender

  constructor(options: WalletOptions) {
    this.#options = options
    this.#reader = createLedgerReader(options.network)
    this.#sender = new TransactionSender(this.#reader, createLedgerWriter(options.network, options.key.privateKey))
  }

  get address(): Address {
    return this.#options.key.address
  }

  /** The account with its one sender, for what is not written here. */
  get membership(): Membership {
    return { network: this.#options.network, reader: this.#reader, sender: this.#sender }
  }

  balances(): Promise<Balances> {
    return readBalances(this.#reader, this.#options.network, this.address)
  }

  /** Sends an asset; amounts in wei, 1e-18 KOIN or 1e-6 dollar. Resolves with the transaction's hash when it is mined. */
  async send(asset: Asset, to: string, amount: bigint): Promise<Hex> {
    const recipient = toAddress(to)
    if (amount <= 0n)
      throw new KoinonError({
        code: 'wallet/bad-amount',
        message: 'The amount must be more than nothing',
        hint: 'Give an amount above 0, for example 1.5.',
      })
    const { contracts } = this.#options.network
    if (asset === 'eth')
      return (await this.#sender.send({ to: recipient, value: amount }, 'sending ETH')).transactionHash
    const [address, abi] = asset === 'koin' ? [contracts.token, koinonTokenAbi] : [contracts.dollar, dollarAbi]
    const receipt = await this.#sender.call({
      address,
      abi,
      functionName: 'transfer',
      args: [recipient, amount],
    } as never)
    return receipt.transactionHash
  }

  /** Asks for test money; resolves with what was sent. Throws as {@link askFaucet}. */
  faucet(): Promise<FaucetAnswer> {
    return askFaucet(this.#options.network, this.address, this.#options.home)
  }

  /**
   * Opens a channel to the gateway with `depositAtomic` (1e-6 dollar) and registers a new API key on it. Throws before money moves when
   * that is too little. Where an earlier attempt for the same label and deposit broke off, that one is finished instead.
   */
  async createApiKey(label: string, depositAtomic: bigint): Promise<StoredApiKey> {
    const { home, network, clock } = this.#options
    if (depositAtomic < minimumDepositAtomic) {
      throw new KoinonError({
        code: 'wallet/deposit-too-small',
        message: `A key needs a deposit of at least ${formatUnits(minimumDepositAtomic, dollarDecimals)} dollars`,
        hint: 'Choose a higher limit.',
      })
    }
    const begun = readApiKeys(home).find(
      (stored) =>
        isUnfinished(stored) &&
        stored.label === label &&
        stored.depositAtomic === `${depositAtomic}` &&
        stored.channelConfig.payer === this.address &&
        clock.nowMs() - stored.createdAtMs > brokenOffAfterMs,
    )
    if (begun !== undefined) return this.finishApiKey(begun)
    const gatewayUrl = gatewayUrlOf(this.#options.network)
    const receiver = await this.#gatewayAccount(gatewayUrl)
    const apiKey = createApiKey(systemRandom)
    // The secret is on disk before money moves, so that no crash can leave a funded channel without its key.
    const salt = bytesToHex(systemRandom(32))
    const config: ChannelConfig = {
      payer: this.address,
      payerAuthorizer: apiKey.authorizer,
      receiver,
      receiverAuthorizer: receiver,
      token: network.contracts.dollar,
      withdrawDelay: withdrawDelaySeconds,
      salt,
    }
    const channelId = channelIdOf(config, { chainId: network.chainId, escrow: network.contracts.channels })
    const stored: StoredApiKey = {
      label,
      apiKey: apiKey.text,
      keyHash: apiKey.keyHash,
      channelId,
      channelConfig: config,
      gatewayUrl,
      createdAtMs: clock.nowMs(),
      depositAtomic: `${depositAtomic}`,
      depositId: bytesToHex(systemRandom(32)),
    }
    saveApiKey(home, stored)
    return this.#fundAndRegister(stored)
  }

  /**
   * Does what is left to do for a stored key: the deposit, once, and the registration, as often as asked. A key that its gateway has
   * revoked comes back marked so. Safe after a crash at any moment. Throws `ledger/*`, `payments/*`, or what the gateway says.
   */
  async finishApiKey(stored: StoredApiKey): Promise<StoredApiKey> {
    const state = await this.#stateAtGateway(stored)
    if (state === 'unknown') return this.#fundAndRegister(stored)
    return this.#keep(
      stored,
      state === 'usable'
        ? { registeredAtMs: this.#options.clock.nowMs() }
        : { revokedAtMs: this.#options.clock.nowMs() },
    )
  }

  async #fundAndRegister(stored: StoredApiKey): Promise<StoredApiKey> {
    const { network, key, clock } = this.#options
    const { keyHash, channelId, channelConfig: config, label, depositAtomic, depositId } = stored
    if (depositAtomic !== undefined && depositId !== undefined) {
      await this.#deposit(config, BigInt(depositAtomic), depositId)
    }
    const account = localDelegatingAccount(key.secretKey)
    const grant = {
      keyHash,
      channelId,
      label,
      validUntil: Math.floor(clock.nowMs() / 1000) + keyLifetimeSeconds,
    }
    const signature = await signKeyGrant(account, grant, network.chainId)
    const gatewayUrl = gatewayUrlOf(this.#options.network)
    await requestJson(`${gatewayUrl}/v1/keys`, { method: 'POST', json: { grant, signature, config } })
    return this.#keep(stored, { gatewayUrl, registeredAtMs: clock.nowMs() })
  }

  #keep(stored: StoredApiKey, changes: Partial<StoredApiKey>): StoredApiKey {
    const kept = { ...stored, ...changes }
    saveApiKey(this.#options.home, kept)
    return kept
  }

  /** What the gateway says of a key. Throws `wallet/gateway-unclear` when it does not say. */
  async #stateAtGateway(key: StoredApiKey): Promise<'usable' | 'unknown' | 'ended'> {
    const url = gatewayUrlOf(this.#options.network)
    const unclear = (reason: string): KoinonError =>
      new KoinonError({
        code: 'wallet/gateway-unclear',
        message: `The gateway at ${url} did not say whether it knows the key (${reason})`,
        hint: 'Try again in a moment.',
        retry: 'later',
      })
    const response = await fetch(`${url}/v1/receipts?limit=1`, {
      headers: { authorization: `Bearer ${key.apiKey}` },
      signal: AbortSignal.timeout(10_000),
    }).catch((cause: Error) => {
      throw unclear(cause.message)
    })
    const text = await response.text()
    if (response.status === 200) return 'usable'
    // Anything else says nothing about the key; taking it for a no would make another key and another deposit.
    if (response.status !== 401) throw unclear(`status ${response.status}`)
    return /revoked_api_key|foreign_api_key/.test(text) ? 'ended' : 'unknown'
  }

  /** Adds `amountAtomic` (1e-6 dollar) to the channel of a key. */
  async topUp(keyHash: string, amountAtomic: bigint): Promise<void> {
    const key = this.#storedKey(keyHash)
    await this.#deposit(key.channelConfig, amountAtomic)
  }

  /** Ends a key at its gateway. What it did not spend stays in its channel until `takeBack`. */
  async revokeApiKey(keyHash: string): Promise<StoredApiKey> {
    const { home, network, key, clock } = this.#options
    const stored = this.#storedKey(keyHash)
    const signature = await signKeyRevocation(
      localDelegatingAccount(key.secretKey),
      { keyHash: stored.keyHash },
      network.chainId,
    )
    await requestJson(`${stored.gatewayUrl}/v1/keys/${stored.keyHash}`, { method: 'DELETE', json: { signature } })
    const revoked = { ...stored, revokedAtMs: clock.nowMs() }
    saveApiKey(home, revoked)
    return revoked
  }

  /** Brings what a revoked key did not spend one step nearer; see `ChannelOpener.takeBack`. Throws `wallet/key-in-use` for others. */
  async takeBack(keyHash: string): Promise<TakenBack> {
    const key = this.#storedKey(keyHash)
    if (key.revokedAtMs !== undefined) return this.#opener().takeBack(key.channelConfig)
    throw new KoinonError({
      code: 'wallet/key-in-use',
      message: `The key "${key.label}" still works, and its gateway would refuse it from now on`,
      hint: `Revoke it first: koinon keys revoke ${key.keyHash.slice(0, 12)}`,
    })
  }

  #storedKey(keyHash: string): StoredApiKey {
    const named = readApiKeys(this.#options.home).filter(
      (key) => key.keyHash === keyHash || key.keyHash.startsWith(keyHash) || key.label === keyHash,
    )
    // A label may be used again once its key was revoked.
    const usable = named.filter((key) => key.revokedAtMs === undefined)
    const matches = usable.length > 0 ? usable : named
    const [key] = matches
    if (key !== undefined && matches.length === 1) return key
    throw new KoinonError({
      code: 'wallet/no-such-key',
      message:
        matches.length > 1
          ? `"${keyHash}" names ${matches.length} keys`
          : `There is no API key "${keyHash}" in this home`,
      hint: 'See "koinon keys list".',
    })
  }

  /** Throws `wallet/too-few-dollars` where the account lacks them; nothing was sent then. */
  async #deposit(config: ChannelConfig, amountAtomic: bigint, depositId?: Hex): Promise<void> {
    try {
      await this.#opener().deposit(config, amountAtomic, depositId)
    } catch (cause) {
      const reason = isKoinonError(cause) ? String(cause.details?.['reason'] ?? '') : ''
      if (!reason.startsWith('ERC20InsufficientBalance(')) throw cause
      const { isTest } = this.#options.network
      const unit = isTest ? 'test dollars' : 'dollars'
      const { dollar } = await this.balances()
      throw new KoinonError({
        code: 'wallet/too-few-dollars',
        message: `Not enough ${unit}: the account ${this.address} holds ${formatUnits(dollar, dollarDecimals)}, the deposit is ${formatUnits(amountAtomic, dollarDecimals)}`,
        hint: isTest
          ? 'Get some: koinon wallet faucet, then try again.'
          : 'Have dollars sent to the account, then try again.',
        cause,
      })
    }
  }

  #opener(): ChannelOpener {
    const { network, key, clock } = this.#options
    return new ChannelOpener({
      reader: this.#reader,
      sender: this.#sender,
      payer: localDelegatingAccount(key.secretKey),
      domain: { chainId: network.chainId, escrow: network.contracts.channels },
      token: network.contracts.dollar,
      collector: network.contracts.depositCollector,
      clock,
      random: systemRandom,
    })
  }

  async #gatewayAccount(gatewayUrl: string): Promise<Address> {
    const info = await requestJson<{ readonly account: string }>(`${gatewayUrl}/api/gateway`, { method: 'GET' })
    return toAddress(info.account)
  }
}

/** A key that has been in the making this long is not in the making any more. */
const brokenOffAfterMs = 60_000
/** Seconds between asking for the rest of a deposit and getting it; the escrow's minimum. */
const withdrawDelaySeconds = 900
