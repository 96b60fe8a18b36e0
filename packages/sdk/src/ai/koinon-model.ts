import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4GenerateResult,
  type LanguageModelV4StreamPart,
  type LanguageModelV4StreamResult,
  type SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { isKoinonError } from '@koinon/base'
import type { AnswerReceipt } from '../answers/check-answer.ts'
import { metadataOf } from './metadata.ts'

/** Hears of the answer's receipt as soon as the answer begins. */
export type ReceiptSink = (receipt: Promise<AnswerReceipt>) => void

/** A model of the AI SDK whose answers bring their receipts. The inner model is made anew for each call, so that answers are not mixed up. */
export class KoinonModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4'
  readonly supportedUrls = {}
  readonly modelId: string
  readonly #make: (sink: ReceiptSink) => LanguageModelV4

  constructor(modelId: string, make: (sink: ReceiptSink) => LanguageModelV4) {
    this.modelId = modelId
    this.#make = make
  }

  get provider(): string {
    return this.#make(() => undefined).provider
  }

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const [inner, receipt] = this.#observed()
    try {
      const result = await inner.doGenerate(options)
      return { ...result, providerMetadata: withReceipt(result.providerMetadata, await receipt()) }
    } catch (error) {
      throw plainError(error)
    }
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const [inner, receipt] = this.#observed()
    try {
      const result = await inner.doStream(options)
      const withMetadata = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
        async transform(part, controller) {
          if (part.type !== 'finish') controller.enqueue(part)
          else controller.enqueue({ ...part, providerMetadata: withReceipt(part.providerMetadata, await receipt()) })
        },
      })
      return { ...result, stream: result.stream.pipeThrough(withMetadata) }
    } catch (error) {
      throw plainError(error)
    }
  }

  #observed(): readonly [LanguageModelV4, () => Promise<AnswerReceipt> | undefined] {
    let receipt: Promise<AnswerReceipt> | undefined
    const inner = this.#make((observed) => {
      receipt = observed
    })
    return [inner, () => receipt]
  }
}

/** Ours stand alone: what an answer says of itself stays out. */
function withReceipt(
  metadata: SharedV4ProviderMetadata | undefined,
  receipt: AnswerReceipt | undefined,
): SharedV4ProviderMetadata {
  const { koinon: _, ...others } = metadata ?? {}
  return receipt === undefined ? others : { ...others, koinon: { ...metadataOf(receipt) } as never }
}

/** The SDK takes errors with a lost connection at their root for its own and repeats them; ours say themselves what to do. */
function plainError(error: unknown): unknown {
  if (!APICallError.isInstance(error)) return error
  if (isKoinonError(error.cause)) return error.cause
  if (error.statusCode !== undefined) return error
  return new APICallError({
    message: `The gateway at ${new URL(error.url).origin} does not answer. Check that it runs ("koinon status").`,
    url: error.url,
    requestBodyValues: error.requestBodyValues,
    isRetryable: error.isRetryable,
    cause: error.cause,
  })
}
