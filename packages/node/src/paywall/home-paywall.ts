/** A paywall in front of any HTTP API, on the network of a home, paid to the home's account. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Address,
  bytesToHex,
  type Clock,
  dollarDecimals,
  hexToBytes,
  KoinonError,
  systemRandom,
} from '@koinon/base'
import {
  defaultHttpLimits,
  HttpListener,
  isForeignPage,
  isLoopbackHost,
  isLoopbackPeer,
  sendJson,
} from '@koinon/base/node'
import {
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  type NetworkFile,
  readDollarDomain,
  TransactionSender,
} from '@koinon/ledger'
import {
  type BackEnd,
  CooperativeRefund,
  createMppWire,
  createPaywall,
  createX402Wire,
  LedgerSettler,
  MppDoor,
  type PaymentTerms,
  SellerDesk,
  settlementsSchema,
  type WireRequest,
  withdrawDelayBounds,
} from '@koinon/payments'
import { destination, pino } from 'pino'
import { type Home, openHome, writeFileDurably } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { openPayee, type Payee } from '../roles/payee.ts'
import { isPlainPath, type PriceList, priceOf } from './price-list.ts'
import { askUpstream } from './upstream.ts'

export type HomePaywallOptions = {
  readonly homePath: string
  readonly upstream: URL
  readonly prices: PriceList
  /** How payers may pay, in the order in which they are told. */
  readonly backEnds: readonly BackEnd[]
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Of the page of earnings, on 127.0.0.1 alone. */
  readonly earningsPort: number
  /** Where payers find the paywall, when that is not `host` and `port`. */
  readonly publicUrl?: URL
  readonly timeoutSeconds: number
  readonly clock: Clock
}

/** What was earned since the paywall first ran on this home. */
export type PaywallEarnings = {
  readonly account: Address
  readonly calls: number
  readonly earnedAtomic: string
  readonly channels: number
  /** Owed and not yet claimed on the ledger. */
  readonly unclaimedAtomic: string
}

export type PaywallReady = {
  readonly url: string
  readonly earningsUrl: string
  readonly network: NetworkFile
  readonly earnings: PaywallEarnings
}

const roleName = 'paywall'
/** Smaller parts of a channel are not worth a transaction. */
const leastRefundAtomic = 10_000n
const externalUnsettledBlocks = 32
const bodyBytes = 8 << 20

export class HomePaywall {
  readonly #options: HomePaywallOptions
  readonly #home: Home
  #payee: Payee | undefined
  #desk: SellerDesk | undefined
  #account: Address | undefined
  #listeners: readonly HttpListener[] = []

  constructor(options: HomePaywallOptions) {
    this.#options = options
    this.#home = openHome(options.homePath)
  }

  /** Throws `home/no-key`, `node/no-network`, `ledger/*`, `store/*` and what listening throws. */
  async start(): Promise<PaywallReady> {
    const { host, port, earningsPort, clock, publicUrl } = this.#options
    const network = networkOf(this.#home)
    const key = existingAccountKey(this.#home, 'wallet')
    this.#account = key.address
    const reader = createLedgerReader(network)
    await checkChain(reader, network)
    const sender = new TransactionSender(reader, createLedgerWriter(network, key.privateKey))
    const { dollar: token, channels: escrow, depositCollector } = network.contracts
    const { name, version } = await readDollarDomain(reader, token)
    const domain = { chainId: network.chainId, escrow }
    const asset = { token, name, version, decimals: dollarDecimals }
    const log = pino({ base: { role: roleName }, level: 'warn' }, destination(2))
    const role = { network, reader, sender, key: { ...key, name: roleName }, home: this.#home }
    const payee = await openPayee({ role, log, creditLimitAtomic: 0n, schema: settlementsSchema })
    this.#payee = payee
    const { store, book, ledger, admission } = payee
    const unsettledBlocks = network.chainKind === 'embedded' ? 0 : externalUnsettledBlocks
    const settler = new LedgerSettler({ store, reader, sender, domain, assets: [asset], unsettledBlocks, clock })
    const desk = new SellerDesk({ store, book, ledger, admission, settler, clock, random: systemRandom })
    this.#desk = desk
    await desk.start()
    const session = {
      ...domain,
      depositCollector,
      receiver: key.address,
      receiverAuthorizer: key.address,
      token,
      withdrawDelaySeconds: withdrawDelayBounds.minimum,
    }
    const refunder = new CooperativeRefund({ book, reader, sender, clock, leastPartAtomic: leastRefundAtomic })
    const paywallOf = (origin: string) =>
      createPaywall({
        desk,
        wires: [
          createMppWire({
            door: new MppDoor({
              keys: [this.#challengeKey()],
              realm: new URL(origin).host,
              clock,
              random: systemRandom,
              session,
              configOf: (channelId) => book.get(channelId)?.config,
            }),
            clock,
            refunder,
          }),
          createX402Wire({ standing: (channelId, most) => desk.standing(channelId, most), refunder }),
        ],
        terms: (request) => this.#termsOf(request, { chainId: network.chainId, asset, payTo: key.address }),
        serve: (request) => askUpstream(this.#options.upstream, request, fetch),
        origin,
        clock,
        maximumBodyBytes: bodyBytes,
        onError: (error) => log.error({ error: String(error) }, 'the paywall failed'),
      })
    let paywall: ReturnType<typeof paywallOf> | undefined
    const limits = { ...defaultHttpLimits, headerBytes: 65_536, bodyBytes }
    const door = new HttpListener({
      host,
      port,
      limits,
      handle: async (request, response) =>
        paywall === undefined ? sendJson(response, 503, {}, { 'retry-after': 1 }) : paywall(request, response),
    })
    const page = new HttpListener({
      host: '127.0.0.1',
      port: earningsPort,
      limits: defaultHttpLimits,
      handle: async (request, response) => {
        const isOwner = isLoopbackHost(request.headers.host ?? '') && isLoopbackPeer(request) && !isForeignPage(request)
        if (!isOwner || request.method !== 'GET' || request.url !== '/earnings') return sendJson(response, 404, {})
        sendJson(response, 200, await this.earnings())
      },
    })
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${await door.start()}`
    this.#listeners = [door]
    const earningsUrl = `http://127.0.0.1:${await page.start()}/earnings`
    this.#listeners = [door, page]
    const origin = publicUrl?.origin ?? url
    paywall = paywallOf(origin)
    return { url: origin, earningsUrl, network, earnings: await this.earnings() }
  }

  async earnings(): Promise<PaywallEarnings> {
    const { book, ledger } = this.#payee as Payee
    const { count, amountPicoUsd } = await ledger.archive.stats({ sinceMs: 0 })
    const channels = book.list().filter(({ role }) => role === 'inbound')
    const unclaimedPicoUsd = channels.reduce(
      (sum, state) => sum + state.owedPicoUsd - state.claimedAtomic * 1_000_000n,
      0n,
    )
    return {
      account: this.#account as Address,
      calls: count,
      earnedAtomic: (amountPicoUsd / 1_000_000n).toString(),
      channels: channels.length,
      unclaimedAtomic: (unclaimedPicoUsd / 1_000_000n).toString(),
    }
  }

  /** Ends what is under way, claims what is owed, closes the store. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop(2_000)))
    await this.#desk?.stop()
    await this.#payee?.stop()
  }

  #termsOf(request: WireRequest, seller: Pick<PaymentTerms, 'chainId' | 'asset' | 'payTo'>): PaymentTerms | undefined {
    const { prices, backEnds, timeoutSeconds } = this.#options
    const { method, url } = request
    const { pathname } = URL.canParse(url) ? new URL(url) : { pathname: '' }
    const written = url.slice(url.indexOf('/', url.indexOf('//') + 2)).split('?')[0] as string
    if (!isPlainPath(written) || pathname !== written) throw oddPath()
    const maximumAtomic = priceOf(prices, method, pathname)
    if (maximumAtomic === 0n) return undefined
    return { ...seller, resource: { url, method }, maximumAtomic, pricing: 'fixed', backEnds, timeoutSeconds }
  }

  /** Made once a home, so that challenges outlive a restart. */
  #challengeKey(): Uint8Array {
    const path = join(this.#home.role(roleName), 'challenge-key')
    if (!existsSync(path)) writeFileDurably(path, `${bytesToHex(systemRandom(32))}\n`)
    return hexToBytes(readFileSync(path, 'utf8').trim())
  }
}

function oddPath(): KoinonError {
  return new KoinonError({
    code: 'paywall/odd-path',
    message: 'This path could mean another one to the service behind the paywall',
    hint: 'Write it without encoded slashes and dots, empty parts and semicolons.',
    details: { status: 400 },
  })
}
