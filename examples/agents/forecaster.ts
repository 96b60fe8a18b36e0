/** Sells forecasts: quantiles of the next value of a series, from how it has moved before. Free at your own door; give it a price to earn. */
import { defineAgent, defineService } from '@koinon/sdk/agent'

type Series = { readonly values: readonly number[]; readonly steps: number }
type Forecast = { readonly quantiles: Readonly<Record<'p10' | 'p50' | 'p90', number>>; readonly basis: number }

const price = process.env['KOINON_FORECAST_PRICE']

export const agent = defineAgent({
  name: 'Forecaster',
  description: 'Tells the 10 %, 50 % and 90 % quantiles of a series some steps ahead, by its past movements.',
  version: '1.0.0',
  services: [
    defineService<Series, Forecast>({
      name: 'forecast',
      description: 'Quantiles of a value that lies 1 to 50 steps ahead',
      ...(price === undefined ? {} : { priceDollars: price }),
      input: {
        type: 'object',
        properties: {
          values: { type: 'array', items: { type: 'number' }, minItems: 8, maxItems: 10_000 },
          steps: { type: 'integer', minimum: 1, maximum: 50 },
        },
        required: ['values', 'steps'],
        additionalProperties: false,
      },
      output: {
        type: 'object',
        properties: { quantiles: { type: 'object', required: ['p10', 'p50', 'p90'] }, basis: { type: 'integer' } },
        required: ['quantiles', 'basis'],
      },
      run: async ({ values, steps }) => {
        const reach = Math.min(steps, values.length - 4)
        const moves = values.slice(reach).map((value, index) => value - (values[index] as number))
        const sorted = moves.sort((a, b) => a - b)
        const last = values.at(-1) as number
        const scale = Math.sqrt(steps / reach)
        const at = (share: number): number => last + scale * (sorted[Math.round(share * (sorted.length - 1))] as number)
        return { quantiles: { p10: at(0.1), p50: at(0.5), p90: at(0.9) }, basis: sorted.length }
      },
    }),
  ],
})
