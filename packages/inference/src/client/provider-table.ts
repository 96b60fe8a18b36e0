import { type Clock, type Hex, KoinonError, sleep, withDeadline } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { readJson } from '@koinon/work/node'
import { chooseOfTwo } from '../rules/choice.ts'
import { defaultModelId } from '../rules/inference-request.ts'
import { type ModelOffer, verifyOffer } from '../rules/offer.ts'
import { defaultPriceCeilings, isWithinPrices, type PriceCeilings, priceCeiling } from '../rules/price-ceiling.ts'
import type { TokenPrices } from '../rules/work.ts'
import { ProviderLink } from './provider-link.ts'

export type ProviderAddress = { readonly account: Hex; readonly endpoint: string }

/** A model as clients see it: who sells it under which terms. */
export type OfferedModel = {
  readonly model: string
  readonly offers: readonly { readonly provider: Hex; readonly offer: ModelOffer }[]
}

export type Candidate = { readonly link: ProviderLink; readonly offer: ModelOffer }

/** A model by its id and the SHA-256 of its file, so that nobody can sell another file under the same name. */
export type PinnedModel = { readonly model: string; readonly manifest: Hex }

export type ProviderTableOptions = {
  readonly chainId: number
  readonly clock: Clock
  /** A random number in [0, 1). */
  readonly unit: () => number
  /** What `default` stands for, from the network file; where that says nothing, what most providers serve as their own default. */
  readonly defaultModel: PinnedModel | undefined
  /** The most that is paid for a token; `defaultPriceCeilings` unless given. */
  readonly priceCeilings?: PriceCeilings
  readonly connectionsPerProvider: number
  /** Average time between two looks at an offer. */
  readonly refreshIntervalMs: number
}

const offerTimeoutMs = 5_000
/** A ceiling is worked out anew this often, or when an offer or a provider comes or goes. */
const ceilingLifetimeMs = 1_000

/** The providers a gateway knows. They may come and go while it runs; each has its own refresh loop with deadline and jitter. */
export class ProviderTable {
  readonly #options: ProviderTableOptions
  readonly #ceilings = new Map<string, { readonly ceiling: TokenPrices; readonly untilMs: number }>()
  readonly #links = new Map<Hex, { readonly link: ProviderLink; readonly stop: AbortController }>()

  constructor(options: ProviderTableOptions) {
    this.#options = options
  }

  /** Adds a provider or moves it to a new endpoint. Resolves after the first look at its offer, whether it answered or not. */
  async add(address: ProviderAddress): Promise<void> {
    const known = this.#links.get(address.account)
    if (known?.link.endpoint === address.endpoint) return
    if (known !== undefined) await this.remove(address.account)
    const link = new ProviderLink({ ...address, connections: this.#options.connectionsPerProvider })
    const stop = new AbortController()
    this.#links.set(address.account, { link, stop })
    await this.#refresh(link)
    void this.#keepFresh(link, stop.signal)
  }

  /** Forgets a provider; answers under way break off. */
  async remove(account: Hex): Promise<void> {
    const known = this.#links.get(account)
    this.#links.delete(account)
    this.#ceilings.clear()
    known?.stop.abort()
    await known?.link.close()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#links.keys()].map((account) => this.remove(account)))
  }

  get(account: Hex): ProviderLink | undefined {
    return this.#links.get(account)?.link
  }

  list(): readonly ProviderLink[] {
    return [...this.#links.values()].map(({ link }) => link)
  }

  /** What `default` stands for now. */
  defaultModel(): PinnedModel | undefined {
    return this.#options.defaultModel ?? this.#mostServed()
  }

  /** The default of most providers; among equals the smaller id and hash, so that the order of arrival decides nothing. */
  #mostServed(): PinnedModel | undefined {
    const nowMs = this.#options.clock.nowMs()
    const counts = new Map<string, { readonly pin: PinnedModel; count: number }>()
    for (const link of this.list()) {
      const first = link.offer?.models[0]
      if (first === undefined || link.modelOffer(first.model, nowMs) === undefined) continue
      const key = `${first.model} ${first.modelManifest}`
      const known = counts.get(key) ?? { pin: { model: first.model, manifest: first.modelManifest }, count: 0 }
      known.count += 1
      counts.set(key, known)
    }
    const [most] = [...counts].sort(([a, { count: m }], [b, { count: n }]) => n - m || (a < b ? -1 : 1))
    return most?.[1].pin
  }

  /** All models on offer, sorted by id. */
  models(): readonly OfferedModel[] {
    const nowMs = this.#options.clock.nowMs()
    const models = new Map<string, { provider: Hex; offer: ModelOffer }[]>()
    for (const link of this.list()) {
      const signed = link.offer
      if (signed === undefined || signed.offer.validUntilMs <= nowMs) continue
      for (const offer of signed.models) {
        if (!this.#isBuyable(offer, nowMs)) continue
        models.set(offer.model, [...(models.get(offer.model) ?? []), { provider: link.account, offer }])
      }
    }
    return [...models].sort(([a], [b]) => (a < b ? -1 : 1)).map(([model, offers]) => ({ model, offers }))
  }

  /**
   * Providers that sell what a client named. Because the request goes on unchanged, `default` can only go to providers whose own
   * default is the same model.
   */
  sellers(model: string): readonly Candidate[] {
    const nowMs = this.#options.clock.nowMs()
    const pin = model === defaultModelId ? this.defaultModel() : undefined
    const id = model === defaultModelId ? pin?.model : model
    if (id === undefined) return []
    return this.list().flatMap((link) => {
      const offer = link.modelOffer(id, nowMs)
      if (offer === undefined || !this.#isBuyable(offer, nowMs)) return []
      const isUnderstood =
        pin === undefined || (link.offer?.models[0]?.model === id && offer.modelManifest === pin.manifest)
      return isUnderstood ? [{ link, offer }] : []
    })
  }

  /** True when every seller is full now and some will be free again: worth waiting for. */
  isWorthWaiting(candidates: readonly Candidate[], tried: ReadonlySet<Hex>): boolean {
    const nowMs = this.#options.clock.nowMs()
    return candidates.some(({ link }) => !tried.has(link.account) && !link.isPaused(nowMs) && link.isFull(nowMs))
  }

  /** Not under a false name, and not above the most we pay. */
  #isBuyable(offer: ModelOffer, nowMs: number): boolean {
    const pinned = this.#options.defaultModel
    if (pinned?.model === offer.model && pinned.manifest !== offer.modelManifest) return false
    return isWithinPrices(offer, this.#ceilingOf(offer.model, nowMs))
  }

  #ceilingOf(model: string, nowMs: number): TokenPrices {
    const known = this.#ceilings.get(model)
    if (known !== undefined && nowMs < known.untilMs) return known.ceiling
    const offers = this.list().flatMap((link) => link.modelOffer(model, nowMs) ?? [])
    const ceiling = priceCeiling(model, offers, this.#options.priceCeilings ?? defaultPriceCeilings)
    this.#ceilings.set(model, { ceiling, untilMs: nowMs + ceilingLifetimeMs })
    return ceiling
  }

  /** The next provider to ask, or undefined when all are tried, paused or full. */
  choose(candidates: readonly Candidate[], tried: ReadonlySet<Hex>): Candidate | undefined {
    const nowMs = this.#options.clock.nowMs()
    const open = candidates.filter(
      ({ link }) => !tried.has(link.account) && !link.isPaused(nowMs) && !link.isFull(nowMs),
    )
    const { unit } = this.#options
    return chooseOfTwo(open, ({ link, offer }) => link.standing(offer), [unit(), unit()])
  }

  async #keepFresh(link: ProviderLink, signal: AbortSignal): Promise<void> {
    // A seat may be a validator's, which never offers anything.
    for (let inVain = 0; !signal.aborted; inVain = link.offer === undefined ? inVain + 1 : 0) {
      const share =
        link.offer === undefined ? Math.min(0.5, 0.1 * 2 ** Math.floor(inVain / 8)) : 0.5 + this.#options.unit()
      await sleep(this.#options.refreshIntervalMs * share, signal)
      if (!signal.aborted) await this.#refresh(link)
    }
  }

  /** Failures keep the last offer until it expires by its own date. */
  async #refresh(link: ProviderLink): Promise<void> {
    const { chainId, clock, unit } = this.#options
    try {
      const json = await withDeadline(fetchOffer(link), offerTimeoutMs, 'Fetching an offer')
      const nowMs = clock.nowMs()
      link.setOffer(verifyOffer(json, { chainId, payee: link.account, nowMs, verifySession: verifySessionNative }))
      this.#ceilings.clear()
    } catch {
      link.failed('unreachable', clock.nowMs(), unit())
    }
  }
}

async function fetchOffer(link: ProviderLink): Promise<unknown> {
  const answer = await link.pool.request({
    method: 'GET',
    path: '/v1/offer',
    headersTimeout: offerTimeoutMs,
    bodyTimeout: offerTimeoutMs,
    signal: AbortSignal.timeout(offerTimeoutMs),
  })
  const json = await readJson(answer.body)
  if (answer.statusCode !== 200) {
    throw new KoinonError({
      code: 'gateway/no-offer',
      message: `The provider answered ${answer.statusCode}`,
      retry: 'later',
    })
  }
  return json
}
