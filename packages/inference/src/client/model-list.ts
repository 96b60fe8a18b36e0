import { gatewayPrices } from '../rules/gateway-price.ts'
import { defaultModelId } from '../rules/inference-request.ts'
import { openAiError } from '../rules/openai-error.ts'
import type { OfferedModel, ProviderTable } from './provider-table.ts'

/** `GET /v1/models`: OpenAI's list, each with what the network knows beside it. */
export function listModels(providers: ProviderTable, marginBps: number): Record<string, unknown> {
  return { object: 'list', data: providers.models().map((model) => modelToJson(model, marginBps)) }
}

/** `GET /v1/models/{id}`; `default` too. Throws OpenAI's `model_not_found`. */
export function findModel(providers: ProviderTable, id: string, marginBps: number): Record<string, unknown> {
  const wanted = id === defaultModelId ? providers.defaultModel()?.model : id
  const model = providers.models().find((candidate) => candidate.model === wanted)
  if (model !== undefined) return modelToJson(model, marginBps)
  throw openAiError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `The model "${id.slice(0, 100)}" is not on offer. GET /v1/models lists what is.`,
  })
}

function modelToJson({ model, offers }: OfferedModel, marginBps: number): Record<string, unknown> {
  return {
    id: model,
    object: 'model',
    created: 0,
    owned_by: 'koinon',
    koinon: {
      offers: offers.map(({ provider, offer }) => {
        const prices = gatewayPrices(offer, marginBps)
        return {
          provider,
          manifest: offer.modelManifest,
          determinismClass: offer.determinismClass,
          quantisation: offer.quantisation,
          parameters: offer.parameters,
          contextLength: offer.contextLength,
          rung: offer.rung,
          promptPricePicoUsdPerToken: prices.promptPricePicoUsdPerToken.toString(),
          outputPricePicoUsdPerToken: prices.outputPricePicoUsdPerToken.toString(),
        }
      }),
    },
  }
}
