/** What an owner does with an account: look at balances, send, get test money, open and end API keys. Used by the page and the command line. */
import {
  type Address,
  bytesToHex,
  type Clock,
  dollarDecimals,
  formatUnits,
  type Hex,
  KoinonError,
  systemRandom,
  toAddress,
} from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { koinonTokenAbi, testDollarAbi } from '@koinon/ledger/abis'
import {
  type ChannelConfig,
  ChannelOpener,
  channelIdOf,
  createApiKey,
  localDelegatingAccount,
  signKeyGrant,
  signKeyRevocation,
} from '@koinon/payments'
import { readApiKeys, type StoredApiKey, saveApiKey } from '../home/api-keys.ts'
import type { Home } from '../home/home.ts'
import type { AccountKey } from '../home/secrets.ts'
import { type Balances, readBalances } from '../local/treasury.ts'
import { minimumDepositAtomic } from './deposit-terms.ts'
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

  balances(): Promise<Balances> {
    return readBalances(this.#reader, this.#options.network, this.address)
  }

  /** Sends an asset; amounts in wei, 1e-18 KOIN or 1e-6 dollar. Resolves with the transaction's hash when it is mined. */
  async send(asset: Asset, to: string, amount: bigint): Promise<Hex> {
    const recipient = toAddress(to)
    if (amount <= 0n)
      throw new KoinonError({ code: 'wallet/bad-amount', message: 'The amount must be more than nothing' })
    const { contracts } = this.#options.network
    if (asset === 'eth')
      return (await this.#sender.send({ to: recipient, value: amount }, 'sending ETH')).transactionHash
    const [address, abi] = asset === 'koin' ? [contracts.token, koinonTokenAbi] : [contracts.dollar, testDollarAbi]
    const receipt = await this.#sender.call({
      address,
      abi,
      functionName: 'transfer',
      args: [recipient, amount],
    } as never)
    return receipt.transactionHash
  }

  /** Asks the network's gateway for test money. Throws on networks whose money is real. */
  async faucet(): Promise<void> {
    const { network } = this.#options
    if (!network.isTest) {
      throw new KoinonError({ code: 'wallet/no-faucet', message: 'This network uses real money and has no faucet' })
    }
    await requestJson(`${this.#gatewayUrl()}/api/faucet`, { method: 'POST', json: { address: this.address } })
  }

  /** Opens a channel to the gateway with `depositAtomic` (1e-6 dollar) and registers a new API key on it. Throws before money moves when that is too little. */
  async createApiKey(label: string, depositAtomic: bigint): Promise<StoredApiKey> {
    const { home, network, key, clock } = this.#options
    if (depositAtomic < minimumDepositAtomic) {
      throw new KoinonError({
        code: 'wallet/deposit-too-small',
        message: `A key needs a deposit of at least ${formatUnits(minimumDepositAtomic, dollarDecimals)} dollars`,
        hint: 'Choose a higher limit.',
      })
    }
    const gatewayUrl = this.#gatewayUrl()
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
    }
    saveApiKey(home, stored)
    await this.#opener().deposit(config, depositAtomic)
    const account = localDelegatingAccount(key.secretKey)
    const grant = {
      keyHash: apiKey.keyHash,
      channelId,
      label,
      validUntil: Math.floor(clock.nowMs() / 1000) + keyLifetimeSeconds,
    }
    const signature = await signKeyGrant(account, grant, network.chainId)
    await requestJson(`${gatewayUrl}/v1/keys`, { method: 'POST', json: { grant, signature, config } })
    return stored
  }

  /** True when the key's gateway knows it; a home may have crashed between storing a key and registering it. Throws when it does not say. */
  async isRegistered(key: StoredApiKey): Promise<boolean> {
    const response = await fetch(`${key.gatewayUrl}/v1/receipts?limit=1`, {
      headers: { authorization: `Bearer ${key.apiKey}` },
      signal: AbortSignal.timeout(10_000),
    })
    await response.body?.cancel()
    if (response.status === 200 || response.status === 401) return response.status === 200
    // Anything else says nothing about the key; taking it for a no would make another key and another deposit.
    throw new KoinonError({
      code: 'wallet/gateway-unclear',
      message: `The gateway at ${key.gatewayUrl} did not say whether it knows the key (status ${response.status})`,
      hint: 'Try again in a moment.',
      retry: 'later',
    })
  }

  /** Adds `amountAtomic` (1e-6 dollar) to the channel of a key. */
  async topUp(keyHash: string, amountAtomic: bigint): Promise<void> {
    const key = this.#storedKey(keyHash)
    await this.#opener().deposit(key.channelConfig, amountAtomic)
  }

  /** Ends a key at its gateway. What it did not spend stays in its channel. */
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

  #gatewayUrl(): string {
    const url = this.#options.network.gatewayUrl
    if (url !== undefined) return url
    throw new KoinonError({
      code: 'wallet/no-gateway',
      message: 'The network file names no gateway',
      hint: 'Join through a gateway: koinon join <gateway URL>.',
    })
  }

  async #gatewayAccount(gatewayUrl: string): Promise<Address> {
    const info = await requestJson<{ readonly account: string }>(`${gatewayUrl}/api/gateway`, { method: 'GET' })
    return toAddress(info.account)
  }
}

/** Seconds between asking for the rest of a deposit and getting it; the escrow's minimum. */
const withdrawDelaySeconds = 900
