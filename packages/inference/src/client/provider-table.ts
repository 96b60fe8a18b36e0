import { type Clock, type Hex, KoinonError, sleep, withDeadline } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { chooseOfTwo } from '../rules/choice.ts'
import { defaultModelId } from '../rules/inference-request.ts'
import { type ModelOffer, verifyOffer } from '../rules/offer.ts'
import { readJson } from '../wire/node-call.ts'
import { ProviderLink } from './provider-link.ts'

export type ProviderAddress = { readonly account: Hex; readonly endpoint: string }

/** A model as clients see it: who sells it under which terms. */
export type OfferedModel = {
  readonly model: string
  readonly offers: readonly { readonly provider: Hex; readonly offer: ModelOffer }[]
}

export type Candidate = { readonly link: ProviderLink; readonly offer: ModelOffer }

export type ProviderTableOptions = {
  readonly chainId: number
  readonly clock: Clock
  /** A random number in [0, 1). */
  readonly unit: () => number
  /** Model that `default` stands for; the first model of the first provider unless given. */
  readonly defaultModel: string | undefined
  readonly connectionsPerProvider: number
  /** Average time between two looks at an offer. */
  readonly refreshIntervalMs: number
}

const offerTimeoutMs = 5_000

/** The providers a gateway knows. They may come and go while it runs; each has its own refresh loop with deadline and jitter. */
export class ProviderTable {
  readonly #options: ProviderTableOptions
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

  /** The id that `default` stands for now. */
  defaultModel(): string | undefined {
    const { defaultModel, clock } = this.#options
    if (defaultModel !== undefined) return defaultModel
    const nowMs = clock.nowMs()
    return this.list().find((link) => (link.offer?.offer.validUntilMs ?? 0) > nowMs)?.offer?.models[0]?.model
  }

  /** All models on offer, sorted by id. */
  models(): readonly OfferedModel[] {
    const nowMs = this.#options.clock.nowMs()
    const models = new Map<string, { provider: Hex; offer: ModelOffer }[]>()
    for (const link of this.list()) {
      const signed = link.offer
      if (signed === undefined || signed.offer.validUntilMs <= nowMs) continue
      for (const offer of signed.models) {
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
    const id = model === defaultModelId ? this.defaultModel() : model
    if (id === undefined) return []
    return this.list().flatMap((link) => {
      const offer = link.modelOffer(id, nowMs)
      const isUnderstood = model !== defaultModelId || link.offer?.models[0]?.model === id
      return offer !== undefined && isUnderstood ? [{ link, offer }] : []
    })
  }

  /** The next provider to ask, or undefined when all are tried, paused or full. */
  choose(candidates: readonly Candidate[], tried: ReadonlySet<Hex>): Candidate | undefined {
    const nowMs = this.#options.clock.nowMs()
    const open = candidates.filter(({ link }) => !tried.has(link.account) && !link.isPaused(nowMs) && !link.isFull())
    const { unit } = this.#options
    return chooseOfTwo(open, ({ link, offer }) => link.standing(offer), [unit(), unit()])
  }

  async #keepFresh(link: ProviderLink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const share = link.offer === undefined ? 0.1 : 0.5 + this.#options.unit()
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
