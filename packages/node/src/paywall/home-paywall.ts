/** A paywall in front of any HTTP API, on the network of a home, paid to the home's account. */
import { type Clock, fetchFailureReason, KoinonError } from '@koinon/base'
import {
  defaultHttpLimits,
  HttpListener,
  isForeignPage,
  isLoopbackHost,
  isLoopbackPeer,
  sendJson,
} from '@koinon/base/node'
import type { NetworkFile } from '@koinon/ledger'
import { createPaywall, type PaidAnswer, type PaidRequest } from '@koinon/payments/paywall'
import type { WireRequest } from '@koinon/payments/provider'
import type { BackEnd, PaymentTerms } from '@koinon/payments/rules'
import { destination, pino } from 'pino'
import { type Home, openHome } from '../home/home.ts'
import { byTheEvent, type EventPrice, eventTerms } from './event-price.ts'
import { type HomeTill, openHomeTill } from './home-till.ts'
import { isPlainPath, type PriceList, priceOf } from './price-list.ts'
import type { TillEarnings } from './till-earnings.ts'
import { askUpstream } from './upstream.ts'

export type HomePaywallOptions = {
  readonly homePath: string
  readonly upstream: URL
  readonly prices: PriceList
  /** Of each event of an event stream, beside the price of its call; left out, streams cost what calls cost. */
  readonly events?: EventPrice
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
  /** For how long who paid for a page (`GET`) may come back to it by a signature; left out, every call is paid for. */
  readonly returnsMs?: number
  /** The home's account signs each demand and each receipt (x402 `offer-receipt`). */
  readonly signsOffers?: boolean
  /** An x402 facilitator that sends exact payments; without it the home's account does. */
  readonly facilitatorUrl?: URL
  readonly clock: Clock
}

export type PaywallReady = {
  readonly url: string
  readonly earningsUrl: string
  readonly network: NetworkFile
  readonly earnings: TillEarnings
}

const bodyBytes = 8 << 20
const failuresToldEveryMs = 10_000

export class HomePaywall {
  readonly #options: HomePaywallOptions
  readonly #home: Home
  #till: HomeTill | undefined
  #listeners: readonly HttpListener[] = []

  constructor(options: HomePaywallOptions) {
    this.#options = options
    this.#home = openHome(options.homePath)
  }

  /** Throws `home/no-key`, `node/no-network`, `paywall/till-in-use`, `ledger/*`, `store/*` and what listening throws. */
  async start(): Promise<PaywallReady> {
    const { host, port, earningsPort, clock, publicUrl, facilitatorUrl, upstream, returnsMs, signsOffers } =
      this.#options
    const log = pino({ base: { role: 'paywall' }, level: 'warn' }, destination(2))
    const till = await openHomeTill(this.#home, clock, log, facilitatorUrl?.href)
    this.#till = till
    let toldAtMs = Number.NEGATIVE_INFINITY
    const tellOfFailure = (error: unknown): void => {
      if (clock.nowMs() - toldAtMs < failuresToldEveryMs) return
      toldAtMs = clock.nowMs()
      log.warn(
        { upstream: upstream.href, reason: fetchFailureReason(error) },
        'the service behind the paywall did not answer; nothing is charged',
      )
    }
    const paywallOf = (origin: string) => {
      const returning = returnsMs === undefined ? undefined : till.returnsAt(origin, returnsMs)
      return createPaywall({
        desk: till.desk,
        wires: till.wiresAt(origin, { returns: returning, signsOffers }),
        ...(returning === undefined ? {} : { returning }),
        terms: (request) => this.#termsOf(request, till.seller),
        serve: async (request) => this.#priced(request, await askUpstream(upstream, request, fetch, tellOfFailure)),
        origin,
        clock,
        maximumBodyBytes: bodyBytes,
        onError: (error) => log.error({ error: String(error) }, 'the paywall failed'),
      })
    }
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
    return { url: origin, earningsUrl, network: till.network, earnings: await this.earnings() }
  }

  earnings(): Promise<TillEarnings> {
    return (this.#till as HomeTill).earnings()
  }

  /** Ends what is under way, claims what is owed, closes the store. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop(2_000)))
    await this.#till?.stop()
  }

  #termsOf(request: WireRequest, seller: HomeTill['seller']): PaymentTerms | undefined {
    const { prices, backEnds, events, timeoutSeconds } = this.#options
    const { method, url } = request
    const { pathname } = URL.canParse(url) ? new URL(url) : { pathname: '' }
    const written = url.slice(url.indexOf('/', url.indexOf('//') + 2)).split('?')[0] as string
    if (!isPlainPath(written) || pathname !== written) throw oddPath()
    const maximumAtomic = priceOf(prices, method, pathname)
    if (maximumAtomic === 0n) return undefined
    const terms = { ...seller, resource: { url, method }, maximumAtomic, backEnds, timeoutSeconds }
    return events === undefined ? terms : eventTerms(terms, events)
  }

  #priced(request: PaidRequest, answer: PaidAnswer): PaidAnswer {
    const { events } = this.#options
    const { payment } = request
    if (events === undefined || payment === undefined) return answer
    return byTheEvent(answer, payment.terms.maximumAtomic - events.priceAtomic * BigInt(events.most), events)
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
