/** What a payer checks of an inference receipt beyond signatures: the price, the counts, and that all hops tell the same story. */
import type { Hex, VerifySession } from '@koinon/base'
import { type Check, checkBundle, checkThat, fail, type ReceiptBundle, type SignedReceipt } from '@koinon/work'
import { effectiveMaxTokens, type InferenceRequest } from './inference-request.ts'
import type { ModelOffer } from './offer.ts'
import { amountOf, hashInferenceWork, hashStops, type InferenceWork, readInferenceWork } from './work.ts'

/** Tokens a chat template may add to what the client wrote. */
export const templateTokenAllowance = 256

/** Most prompt tokens that a request of this many body bytes can have: a token stands for at least one byte. */
export function promptTokenBound(requestBytes: number, contextLength: number): number {
  return Math.min(requestBytes + templateTokenAllowance, contextLength)
}

/** Level L0 of an inference bundle: the checks of all hops (spec 0003 section 7) and `amount` a hop. */
export function checkInferenceBundle(input: {
  readonly bundle: ReceiptBundle
  readonly requestHash?: Hex
  readonly responseHash?: Hex
  readonly chainId?: number
  readonly verifySession: VerifySession
}): readonly Check[] {
  const { hops } = input.bundle
  return [
    ...checkBundle({ ...input, hashWork: hashInferenceWork }),
    ...hops.map((signed, index) =>
      checkAmount(signed, hops[index + 1], index === 0 ? 'amount' : `hop${index + 1}.amount`),
    ),
  ]
}

/** The amount is tokens times price, and no hop counts other tokens than the one that did the work. */
function checkAmount(signed: SignedReceipt, next: SignedReceipt | undefined, name: string): Check {
  try {
    const work = readInferenceWork(signed)
    const expected = amountOf(work, work)
    const stated = `${work.promptTokens} prompt tokens x ${work.promptPricePicoUsdPerToken} + ${work.outputTokens} output tokens x ${work.outputPricePicoUsdPerToken} = ${expected} pico-dollars, stated ${signed.receipt.amountPicoUsd}`
    if (next !== undefined) {
      const field = firstDifference(work, readInferenceWork(next))
      if (field !== undefined) return fail(name, `${stated}; but "${field}" differs from the next hop`)
    }
    return checkThat(name, expected === signed.receipt.amountPicoUsd, stated)
  } catch (error) {
    return fail(name, `the stated work is malformed: ${(error as Error).message}`)
  }
}

/** All of the work but the prices must be the same on every hop. */
function firstDifference(outer: InferenceWork, inner: InferenceWork): string | undefined {
  return (Object.keys(outer) as (keyof InferenceWork)[]).find(
    (field) => !field.endsWith('PicoUsdPerToken') && outer[field] !== inner[field],
  )
}

export type ReceiptBounds = {
  readonly model: ModelOffer
  readonly request: InferenceRequest
  readonly requestBytes: number
  readonly responseBytes: number
  /** Whether the payer may have cancelled: nobody else breaks an answer off and is paid for it. */
  readonly isCancelled: boolean
}

/**
 * Why a provider's work cannot be billed as stated, or undefined. Model, class and prices must be those of the signed offer, the
 * sampler and the stops those of the request, the end one that the payer knows of, and the counts possible: prompt at most
 * `promptTokenBound`, output at most what was allowed and one token a byte of the answer.
 */
export function workObjection(work: InferenceWork, bounds: ReceiptBounds): string | undefined {
  return offerObjection(work, bounds.model) ?? samplerObjection(work, bounds.request) ?? countObjection(work, bounds)
}

function offerObjection(work: InferenceWork, model: ModelOffer): string | undefined {
  if (work.model !== model.model) return `model "${work.model}" instead of "${model.model}"`
  if (work.modelManifest !== model.modelManifest) return 'another model file than offered'
  if (work.determinismClass !== model.determinismClass) return 'another determinism class than offered'
  const samePrices =
    work.promptPricePicoUsdPerToken === model.promptPricePicoUsdPerToken &&
    work.outputPricePicoUsdPerToken === model.outputPricePicoUsdPerToken
  return samePrices ? undefined : 'other prices than offered'
}

function samplerObjection(work: InferenceWork, request: InferenceRequest): string | undefined {
  const differs = (asked: number | bigint | undefined, used: number | bigint): boolean =>
    asked !== undefined && asked !== used
  if (differs(request.temperatureMicro, work.samplerTemperatureMicro)) return 'another temperature than asked'
  if (differs(request.topPMicro, work.samplerTopPMicro)) return 'another top_p than asked'
  if (differs(request.topK, work.samplerTopK)) return 'another top_k than asked'
  if (differs(request.seed, work.samplerSeed)) return 'another seed than asked'
  return work.stopHash === hashStops(request.stop) ? undefined : 'other stop texts than asked'
}

function countObjection(work: InferenceWork, bounds: ReceiptBounds): string | undefined {
  const { model, request, requestBytes, responseBytes, isCancelled } = bounds
  if (work.finishReason === 'abort' && !isCancelled) return 'it broke off an answer that nobody cancelled'
  const maxTokens = effectiveMaxTokens(request, model.contextLength)
  if (work.maxTokens > maxTokens) return `max tokens ${work.maxTokens}, asked were ${maxTokens}`
  if (work.outputTokens > work.maxTokens) return `${work.outputTokens} output tokens, allowed were ${work.maxTokens}`
  if (work.outputTokens > responseBytes + 1) {
    return `${work.outputTokens} output tokens in ${responseBytes} bytes of answer`
  }
  const promptBound = promptTokenBound(requestBytes, model.contextLength)
  if (work.promptTokens > promptBound) return `${work.promptTokens} prompt tokens, at most ${promptBound} are possible`
  return work.cachedTokens > work.promptTokens ? 'more cached than prompt tokens' : undefined
}
