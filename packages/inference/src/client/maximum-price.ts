import { badRequest } from '../rules/openai-error.ts'
import type { TokenPrices } from '../rules/work.ts'
import { maximumPriceHeader } from '../wire/headers.ts'

/** Reads `prompt,output`, the most that a client pays in pico-dollars a token; undefined without the header. Throws OpenAI's 400. */
export function parseMaximumPrice(header: string | readonly string[] | undefined): TokenPrices | undefined {
  if (header === undefined) return undefined
  const match = typeof header === 'string' ? /^(\d{1,30}),(\d{1,30})$/.exec(header.replaceAll(' ', '')) : null
  if (match === null) {
    throw badRequest(
      maximumPriceHeader,
      'must be two whole numbers, pico-dollars a prompt and an output token: 60000,250000',
    )
  }
  return {
    promptPricePicoUsdPerToken: BigInt(match[1] as string),
    outputPricePicoUsdPerToken: BigInt(match[2] as string),
  }
}
