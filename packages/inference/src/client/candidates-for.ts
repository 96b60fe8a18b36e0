import type { IncomingHttpHeaders } from 'node:http'
import type { KoinonError } from '@koinon/base'
import { gatewayPrices } from '../rules/gateway-price.ts'
import { checkAnswerBytes, checkMaxTokens, type InferenceRequest } from '../rules/inference-request.ts'
import { openAiError } from '../rules/openai-error.ts'
import { isWithinPrices } from '../rules/price-ceiling.ts'
import { maximumPriceHeader, providerHeader } from '../wire/headers.ts'
import type { AttemptContext } from './attempt-context.ts'
import { noProvider } from './gateway-refusals.ts'
import { parseMaximumPrice } from './maximum-price.ts'
import type { Candidate } from './provider-table.ts'

/** Who may answer a request: offers its model, is not excluded by its headers, and has room for what it asks. Throws an OpenAI error. */
export function candidatesFor(
  { modules, options }: AttemptContext,
  request: InferenceRequest,
  headers: IncomingHttpHeaders,
): readonly Candidate[] {
  const { providers } = modules
  const { limits, marginBps } = options
  const sellers = providers.sellers(request.model)
  if (sellers.length === 0)
    throw unknownModel(
      request.model,
      providers.models().map(({ model }) => model),
    )
  const pin = headers[providerHeader]
  const wanted = typeof pin === 'string' ? pin.toLowerCase() : undefined
  const pinned = wanted === undefined ? sellers : sellers.filter(({ link }) => link.account === wanted)
  if (pinned.length === 0) {
    throw openAiError({
      status: 404,
      code: 'provider_not_found',
      param: providerHeader,
      message: `The provider ${String(wanted).slice(0, 60)} does not offer this model here. Leave ${providerHeader} out to use any.`,
    })
  }
  const most = parseMaximumPrice(headers[maximumPriceHeader])
  const candidates =
    most === undefined ? pinned : pinned.filter(({ offer }) => isWithinPrices(gatewayPrices(offer, marginBps), most))
  if (candidates.length === 0) throw tooDear()
  const contextLength = Math.max(...candidates.map(({ offer }) => offer.contextLength))
  checkMaxTokens(request, contextLength)
  checkAnswerBytes(request, contextLength, limits.responseBytes)
  return candidates
}

function unknownModel(model: string, known: readonly string[]): KoinonError {
  if (known.length === 0) return noProvider(0, 0)
  return openAiError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `The model "${model.slice(0, 100)}" is not on offer. Ask for "default" or one of: ${known.slice(0, 20).join(', ')}.`,
  })
}

function tooDear(): KoinonError {
  return openAiError({
    status: 404,
    code: 'no_provider_within_price',
    param: maximumPriceHeader,
    message: `Nobody offers this model at the price in ${maximumPriceHeader}. GET /v1/models lists what is asked.`,
  })
}
