import { defaultModelId } from '../rules/inference-request.ts'
import { type ModelOffer, type SignedOffer, signOffer } from '../rules/offer.ts'
import { openAiError } from '../rules/openai-error.ts'
import type { ProviderServerOptions, ServedModel } from './provider-options.ts'

/** How long an offer holds. Gateways fetch a new one well before. */
export const offerLifetimeMs = 600_000

/** A served model with its line of the offer. */
export type CatalogEntry = { readonly served: ServedModel; readonly offer: ModelOffer }

/** The models of one provider: found by id, `default` is the first. Engines are asked once, at construction. */
export class ModelCatalog {
  readonly #entries: readonly CatalogEntry[]
  readonly #options: ProviderServerOptions
  #current: SignedOffer | undefined

  constructor(options: ProviderServerOptions) {
    this.#options = options
    this.#entries = options.models.map((served) => ({ served, offer: modelOfferOf(served) }))
  }

  /** The model a client named. Throws OpenAI's `model_not_found`. */
  find(model: string): CatalogEntry {
    const entry = this.#entries.find(({ offer }) => model === defaultModelId || offer.model === model)
    if (entry !== undefined) return entry
    throw openAiError({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      message: `The model "${model.slice(0, 100)}" is not served here. Ask for one of: ${this.#entries.map(({ offer }) => offer.model).join(', ')}.`,
    })
  }

  /** The signed offer; signed anew when half of its time has passed or the session key has changed. */
  offer(nowMs: number): SignedOffer {
    const session = this.#options.session()
    const current = this.#current
    if (
      current !== undefined &&
      current.offer.sessionKey === session.signer.publicKey &&
      current.offer.issuedAtMs + offerLifetimeMs / 2 > nowMs
    ) {
      return current
    }
    const { token, minimumWithdrawDelaySeconds, creditLimitAtomic, limits } = this.#options
    const terms = {
      token,
      minimumWithdrawDelaySeconds,
      creditLimitAtomic,
      capacity: limits.capacity,
      queue: limits.queue,
      issuedAtMs: nowMs,
      validUntilMs: nowMs + offerLifetimeMs,
    }
    this.#current = signOffer(
      terms,
      this.#entries.map(({ offer }) => offer),
      session,
    )
    return this.#current
  }
}

function modelOfferOf(served: ServedModel): ModelOffer {
  const { label: _label, ...description } = served.engine.describe()
  return {
    ...description,
    promptPricePicoUsdPerToken: served.promptPricePicoUsdPerToken,
    outputPricePicoUsdPerToken: served.outputPricePicoUsdPerToken,
    claimedPromptTokensPerSecond: served.claims?.promptTokensPerSecond ?? 0,
    claimedOutputTokensPerSecond: served.claims?.outputTokensPerSecond ?? 0,
  }
}
