import { boundedText, KoinonError } from '@koinon/base'
import type { NetworkPorts } from './ports.ts'

/** One model with the worst of its offers' prices, pico-dollars a token. */
export type PricedModel = {
  readonly id: string
  readonly promptPicoUsd: bigint
  readonly outputPicoUsd: bigint
  readonly offerCount: number
}

type ModelJson = {
  readonly id?: unknown
  readonly koinon?: {
    readonly offers?: readonly {
      readonly promptPricePicoUsdPerToken?: unknown
      readonly outputPricePicoUsdPerToken?: unknown
    }[]
  }
}

/** Tokens that a chat template may add to a request. */
const templateTokens = 256
const mostJsonBytes = 1 << 20

/** JSON of a gateway's path. Throws `gateway/unreachable`, `gateway/refused`, `gateway/bad-answer`. */
export async function gatewayJson(ports: NetworkPorts, path: string, signal: AbortSignal): Promise<unknown> {
  const response = await ports
    .fetch(`${ports.gatewayUrl}${path}`, { signal, redirect: 'error' })
    .catch((cause: Error) => {
      throw new KoinonError({
        code: 'gateway/unreachable',
        message: `The gateway at ${ports.gatewayUrl} does not answer`,
        hint: 'Check that it runs ("koinon status").',
        retry: 'later',
        cause,
      })
    })
  const text = await answerText(response, mostJsonBytes)
  if (!response.ok)
    throw new KoinonError({
      code: 'gateway/refused',
      message: `The gateway answered ${path} with status ${response.status}`,
      retry: response.status >= 500 ? 'later' : 'never',
    })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KoinonError({ code: 'gateway/bad-answer', message: 'The gateway sent no JSON', cause })
  }
}

/** The text of an answer. Throws `gateway/bad-answer` beyond the bound. */
export function answerText(response: Response, mostBytes: number): Promise<string> {
  return boundedText(
    response,
    mostBytes,
    () => new KoinonError({ code: 'gateway/bad-answer', message: `The answer is longer than ${mostBytes} bytes` }),
  )
}

/** Throws as {@link gatewayJson}. */
export async function pricedModel(ports: NetworkPorts, model: string, signal: AbortSignal): Promise<PricedModel> {
  const json = (await gatewayJson(ports, `/v1/models/${encodeURIComponent(model)}`, signal)) as ModelJson
  const offers = json.koinon?.offers ?? []
  const worst = (field: 'promptPricePicoUsdPerToken' | 'outputPricePicoUsdPerToken'): bigint =>
    offers.reduce((most, offer) => {
      const price = priceOf(offer[field])
      return price > most ? price : most
    }, 0n)
  if (typeof json.id !== 'string' || offers.length === 0)
    throw new KoinonError({ code: 'gateway/bad-answer', message: 'The gateway states no offer for this model' })
  return {
    id: json.id,
    promptPicoUsd: worst('promptPricePicoUsdPerToken'),
    outputPicoUsd: worst('outputPricePicoUsdPerToken'),
    offerCount: offers.length,
  }
}

/** A token has at least one byte, so bytes bound the tokens of a prompt. */
export function worstCostPicoUsd(model: PricedModel, prompt: string, maxTokens: number): bigint {
  const promptTokens = BigInt(Buffer.byteLength(prompt) + templateTokens)
  return promptTokens * model.promptPicoUsd + BigInt(maxTokens) * model.outputPicoUsd
}

function priceOf(value: unknown): bigint {
  if (typeof value === 'string' && /^\d{1,30}$/.test(value)) return BigInt(value)
  throw new KoinonError({ code: 'gateway/bad-answer', message: 'The gateway states a price that is no number' })
}
