export { averageWeight, badness, chooseOfTwo, movingAverage, type ProviderStanding } from './choice.ts'
export { gatewayPrices } from './gateway-price.ts'
export {
  type ChatMessage,
  checkMaxTokens,
  defaultMaxTokens,
  defaultModelId,
  effectiveMaxTokens,
  type InferenceInput,
  type InferenceRequest,
  requestLimits,
} from './inference-request.ts'
export {
  type ModelOffer,
  modelOfferType,
  type Offer,
  offerToJson,
  offerType,
  type SignedOffer,
  signOffer,
  verifyOffer,
} from './offer.ts'
export {
  badRequest,
  type OpenAiErrorAnswer,
  type OpenAiErrorBody,
  openAiError,
  toOpenAiError,
} from './openai-error.ts'
export { parseChatRequest, parseCompletionRequest } from './openai-request.ts'
export type { FinishReason, TokenLogprob, Usage } from './openai-response.ts'
export { defaultPriceCeilings, isWithinPrices, type PriceCeilings, priceCeiling } from './price-ceiling.ts'
export { checkInferenceBundle, promptTokenBound, templateTokenAllowance, workObjection } from './receipt-check.ts'
export {
  checkSamplerSettings,
  type SamplerInput,
  type SamplerSettings,
  samplerSettings,
  samplerVersion,
} from './sampler.ts'
export { doneEvent, splitEventStream, sseEvent, sseReceiptComment } from './sse.ts'
export {
  amountOf,
  hashInferenceWork,
  hashStops,
  hashTokenIds,
  type InferenceWork,
  inferenceKind,
  inferenceWorkType,
  readInferenceWork,
  type TokenPrices,
} from './work.ts'
