/** A user, a gateway and providers on loopback sockets: everything real but the ledger, whose deposits are taken as seen. */
import { join } from 'node:path'
import { type Address, type Hex, systemClock, systemRandom } from '@koinon/base'
import { defaultHttpLimits } from '@koinon/base/node'
import { VoucherCourier } from '@koinon/payments/client'
import type { ChannelBook, ChannelState, FinalAnswer, ReceiptLedger } from '@koinon/payments/core'
import {
  type ApiKey,
  deriveApiKey,
  keyGrantDigest,
  type SignedVoucher,
  unlimitedCreditPicoUsd,
  voucherToJson,
} from '@koinon/payments/rules'
import type { ReceiptBundle } from '@koinon/work'
import {
  defaultGatewayLimits,
  type GatewayEvent,
  type GatewayLimits,
  type GatewayModules,
} from '../client/gateway-options.ts'
import { GatewayServer } from '../client/gateway-server.ts'
import { KeyRegistry, keysSchema } from '../client/key-registry.ts'
import { type PinnedModel, ProviderTable } from '../client/provider-table.ts'
import type { EnginePort } from '../provider/engine-port.ts'
import type { PriceCeilings } from '../rules/price-ceiling.ts'
import { callPooledNode } from '../wire/pooled-node-call.ts'
import {
  openTill,
  type TestParty,
  type Till,
  temporaryFolder,
  testChannel,
  testDepositAtomic,
  testDomain,
  testParty,
} from './parties.ts'
import { startTestProvider, type TestProvider, type TestProviderOptions } from './test-provider.ts'

export type TestNetworkOptions = {
  /** An engine a provider, and what differs from the usual. */
  readonly providers?: readonly ({ readonly engine: EnginePort } & Partial<TestProviderOptions>)[]
  readonly limits?: Partial<GatewayLimits>
  readonly marginBps?: number
  readonly userDepositAtomic?: bigint
  readonly allowedOrigins?: readonly string[]
  readonly additionalRoutes?: NonNullable<GatewayModules['additionalRoutes']>
  /** Keeps the gateway's store in this folder instead of one of its own that is removed at the end. */
  readonly folder?: string
  /** Stands where the gateway makes an answer final. */
  readonly finalize?: (answer: FinalAnswer, ledger: ReceiptLedger) => Promise<ReceiptBundle>
  readonly defaultModel?: PinnedModel
  readonly priceCeilings?: PriceCeilings
  /** Opens and tops up the gateway's channels; `connect` has opened them unless given. */
  readonly channelTo?: (book: ChannelBook, provider: Hex, neededPicoUsd: bigint) => ChannelState | 'coming' | undefined
}

export type TestNetwork = {
  readonly url: string
  readonly port: number
  readonly apiKey: ApiKey
  readonly user: TestParty
  readonly gateway: TestParty
  readonly till: Till
  readonly keys: KeyRegistry
  readonly table: ProviderTable
  readonly providers: readonly TestProvider[]
  readonly events: GatewayEvent[]
  readonly folder: string
  /** Connects the gateway to whatever listens there under that account, with a channel to it. */
  connect(account: Address, endpoint: string): Promise<void>
  /** Compares the gateway's books with a provider's. */
  reconcile(account: Address): Promise<void>
  /** POST with the key; the answer of `fetch`. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** What the user's channel owes, pico-dollars, and what is reserved on it. */
  owed(): { readonly owedPicoUsd: bigint; readonly reservedPicoUsd: bigint }
  close(): Promise<void>
}

export async function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const folder = options.folder === undefined ? temporaryFolder() : { path: options.folder, remove: () => undefined }
  const user = testParty('user')
  const gateway = testParty('gateway')
  const apiKey = deriveApiKey(testParty('api key').secretKey)
  let courier: VoucherCourier | undefined
  const till = await openTill(gateway, {
    path: join(folder.path, 'gateway.db'),
    schema: keysSchema,
    onSettled: (settlements) => {
      for (const { channelId } of settlements) courier?.noticeDebt(channelId)
    },
  })
  const table = new ProviderTable({
    chainId: testDomain.chainId,
    clock: systemClock,
    unit: Math.random,
    defaultModel: options.defaultModel,
    ...(options.priceCeilings === undefined ? {} : { priceCeilings: options.priceCeilings }),
    connectionsPerProvider: 64,
    refreshIntervalMs: 60_000,
  })
  const caller = { session: () => till.session, clock: systemClock, random: systemRandom }
  courier = new VoucherCourier({
    book: till.book,
    signer: gateway.voucherSigner,
    unit: Math.random,
    send: async (channel, voucher: SignedVoucher) => {
      const link = table.get(channel.config.receiver)
      if (link === undefined) throw new Error('the provider is gone')
      await callPooledNode(caller, {
        dispatcher: link.pool,
        recipient: link.account,
        method: 'POST',
        path: '/v1/vouchers',
        body: JSON.stringify({ voucher: voucherToJson(voucher) }),
        timeoutMs: 2_000,
      })
    },
  })
  courier.start()
  const userDeposit = options.userDepositAtomic ?? testDepositAtomic
  const keys = new KeyRegistry({
    store: till.store,
    book: till.book,
    chainId: testDomain.chainId,
    clock: systemClock,
    admitChannel: (config) => till.add(config, 'inbound', unlimitedCreditPicoUsd, userDeposit),
  })
  await keys.start()
  const config = testChannel(user.account, apiKey.authorizer, gateway.account)
  const channel = await till.add(config, 'inbound', unlimitedCreditPicoUsd, userDeposit)
  const grant = { keyHash: apiKey.keyHash, channelId: channel.channelId, label: 'test', validUntil: 4_000_000_000 }
  const signature = await user.delegating.signDigest(keyGrantDigest(grant, testDomain.chainId))
  await keys.register(grant, signature, config)
  const events: GatewayEvent[] = []
  const connect = async (account: Address, endpoint: string): Promise<void> => {
    await till.add(testChannel(gateway.account, gateway.account, account), 'outbound', unlimitedCreditPicoUsd)
    await table.add({ account, endpoint })
  }
  const providers: TestProvider[] = []
  for (const [index, { engine, ...rest }] of (options.providers ?? []).entries()) {
    const name = `provider ${index}`
    const provider = await startTestProvider({ name, engine, gateway: gateway.account, folder: folder.path, ...rest })
    providers.push(provider)
    await connect(provider.party.account, provider.url)
  }
  const server = new GatewayServer(
    {
      host: '127.0.0.1',
      port: 0,
      chainId: testDomain.chainId,
      account: gateway.account,
      requestIdKey: gateway.secretKey,
      marginBps: options.marginBps ?? 0,
      hosts: [],
      allowedOrigins: options.allowedOrigins ?? [],
      limits: { http: defaultHttpLimits, ...defaultGatewayLimits, ...options.limits },
    },
    {
      payments: {
        ledger: options.finalize === undefined ? till.ledger : hooked(till.ledger, options.finalize),
        book: till.book,
        voucherFor: (channelId) => courier.voucherFor(channelId),
        confirmVoucher: (voucher) => courier.confirm(voucher),
        refreshChannel: async (channelId) => till.book.require(channelId),
        channelTo: (provider, neededPicoUsd) =>
          options.channelTo === undefined
            ? till.book.outboundTo(provider)
            : options.channelTo(till.book, provider, neededPicoUsd),
      },
      keys,
      providers: table,
      session: () => till.session,
      clock: systemClock,
      random: systemRandom,
      unit: Math.random,
      onEvent: (event) => events.push(event),
      ...(options.additionalRoutes === undefined ? {} : { additionalRoutes: options.additionalRoutes }),
    },
  )
  const { port } = await server.start()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    apiKey,
    user,
    gateway,
    till,
    keys,
    table,
    providers,
    events,
    folder: folder.path,
    connect,
    reconcile: (account) => server.reconcile(account),
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey.text}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      }),
    owed() {
      const { owedPicoUsd, reservedPicoUsd } = till.book.require(channel.channelId)
      return { owedPicoUsd, reservedPicoUsd }
    },
    async close() {
      await server.stop(100)
      await courier.stop()
      await table.stop()
      for (const provider of providers) await provider.close()
      await till.close()
      folder.remove()
    },
  }
}

/** The same ledger with another way of making answers final. */
function hooked(ledger: ReceiptLedger, finalize: NonNullable<TestNetworkOptions['finalize']>): ReceiptLedger {
  return {
    archive: ledger.archive,
    debts: ledger.debts,
    reserve: ledger.reserve.bind(ledger),
    release: ledger.release.bind(ledger),
    recordDebt: ledger.recordDebt.bind(ledger),
    finalize: (answer: FinalAnswer) => finalize(answer, ledger),
  } as unknown as ReceiptLedger
}
