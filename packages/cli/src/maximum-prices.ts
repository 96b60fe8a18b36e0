import { KoinonError, parseUnits } from '@koinon/base'

/** The most a gateway pays for one model, pico-dollars (1e-12 dollar) a token. */
type Most = { readonly promptPricePicoUsdPerToken: bigint; readonly outputPricePicoUsdPerToken: bigint }

/**
 * Reads `MODEL=PROMPT,OUTPUT`, dollars a million tokens, as often as it was given. A dollar a million tokens is 1e6 pico-dollars a
 * token. Throws `usage/bad-price`.
 */
export function parseMaximumPrices(given: readonly string[]): Readonly<Record<string, Most>> {
  return Object.fromEntries(given.map(parseOne))
}

function parseOne(text: string): [string, Most] {
  const match = /^(.+)=(\d+(?:\.\d{1,6})?),(\d+(?:\.\d{1,6})?)$/.exec(text)
  if (match !== null) {
    const [, model, prompt, output] = match as unknown as [string, string, string, string]
    return [
      model,
      { promptPricePicoUsdPerToken: parseUnits(prompt, 6), outputPricePicoUsdPerToken: parseUnits(output, 6) },
    ]
  }
  throw new KoinonError({
    code: 'usage/bad-price',
    message: `"${text}" is not a model and its two highest prices`,
    hint: 'For example --max-price some-model=0.50,1.50: dollars a million prompt and output tokens.',
  })
}
