/** A provider of the AI SDK that asks a gateway and checks its receipts (specs/0026-agents.md section 7). */
import { OpenAICompatibleChatLanguageModel, OpenAICompatibleCompletionLanguageModel } from '@ai-sdk/openai-compatible'
import { type LanguageModelV4, NoSuchModelError, type ProviderV4 } from '@ai-sdk/provider'
import type { PaymentReceipt } from '@koinon/payments/client'
import { observeAnswer } from '../answers/observe-answer.ts'
import { KoinonModel, type ReceiptSink } from './koinon-model.ts'
import { readableRefusal } from './refusals.ts'

/** One of `apiKey`, `payer` and `fetch` pays; without one a gateway that wants money refuses. */
export type KoinonProviderSettings = {
  /** OpenAI base URL of a gateway, ending in `/v1`; the payer's, else that of `koinon up`, unless given. */
  readonly baseURL?: string
  readonly apiKey?: string
  /** What `openPayer` of `@koinon/sdk/payer` gives: answers are bought by the call. */
  readonly payer?: {
    readonly fetch: typeof globalThis.fetch
    readonly paymentOf: (response: Response) => PaymentReceipt | undefined
    readonly baseURL: string
    readonly chainId: number
  }
  /** Asks, and pays if it must; another client's paying fetch, say. */
  readonly fetch?: typeof globalThis.fetch
  /** Sent with every request: `x-koinon-provider`, `x-koinon-max-price`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers carry `providerMetadata.koinon`; `koinonMetadata` reads it. */
export interface KoinonProvider extends ProviderV4 {
  /** A chat model; the one that the network file names unless given. */
  (modelId?: string): LanguageModelV4
  chatModel(modelId?: string): LanguageModelV4
  /** A model that continues a text. */
  completionModel(modelId?: string): LanguageModelV4
}

const localBaseUrl = 'http://127.0.0.1:8402/v1'
const defaultModelId = 'default'

/**
 * Models throw, beside what the AI SDK's own do, `payments/*` of the payer and `gateway/payment-required`; a gateway's refusal is an
 * `APICallError` whose message ends with the next step.
 */
export function createKoinon(settings: KoinonProviderSettings = {}): KoinonProvider {
  const { payer, apiKey } = settings
  const baseURL = (settings.baseURL ?? payer?.baseURL ?? localBaseUrl).replace(/\/+$/, '')
  const ask = settings.fetch ?? payer?.fetch ?? globalThis.fetch
  const headers = { ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...settings.headers }

  const observedBy =
    (sink: ReceiptSink): typeof globalThis.fetch =>
    async (input, init) => {
      const answered = await ask(input, init)
      if (!answered.ok) return readableRefusal(answered)
      const payment = payer?.paymentOf(answered)
      const { response, receipt } = observeAnswer({
        url: String(input),
        init,
        response: answered,
        payment,
        chainId: payer?.chainId,
      })
      if (receipt !== undefined) sink(receipt)
      return response
    }
  const model = (Model: typeof OpenAICompatibleChatLanguageModel | typeof OpenAICompatibleCompletionLanguageModel) => {
    const kind = Model === OpenAICompatibleChatLanguageModel ? 'chat' : 'completion'
    return (modelId = defaultModelId): LanguageModelV4 =>
      new KoinonModel(
        modelId,
        (sink) =>
          new Model(modelId, {
            provider: `koinon.${kind}`,
            headers: () => headers,
            url: ({ path }) => `${baseURL}${path}`,
            fetch: observedBy(sink),
            includeUsage: true,
          }),
      )
  }
  const chatModel = model(OpenAICompatibleChatLanguageModel)
  return Object.assign((modelId?: string) => chatModel(modelId), {
    specificationVersion: 'v4' as const,
    languageModel: chatModel,
    chatModel,
    completionModel: model(OpenAICompatibleCompletionLanguageModel),
    embeddingModel: (modelId: string): never => notServed(modelId, 'embeddingModel'),
    imageModel: (modelId: string): never => notServed(modelId, 'imageModel'),
  })
}

function notServed(modelId: string, modelType: 'embeddingModel' | 'imageModel'): never {
  const what = modelType === 'embeddingModel' ? 'embeddings' : 'images'
  throw new NoSuchModelError({
    modelId,
    modelType,
    message: `No gateway serves ${what}; chat and text completions are served.`,
  })
}
