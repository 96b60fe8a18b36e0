/** Looks at one gateway and tells what an owner would want to be woken for. It decides nothing and spends nothing. */
import { defineAgent, defineService } from '@koinon/sdk/agent'

type Limits = { readonly minimumProviders: number; readonly maximumOutputPicoUsd: string }
type Alert = { readonly kind: 'unreachable' | 'few-providers' | 'dear'; readonly detail: string }

type ModelList = {
  readonly data?: readonly {
    readonly id?: string
    readonly koinon?: { readonly offers?: readonly { readonly outputPricePicoUsdPerToken?: string }[] }
  }[]
}

const timeoutMs = 10_000

export const agent = defineAgent({
  name: 'Monitor',
  description: 'Alerts when a gateway is not reached, has few providers or only dear ones.',
  version: '1.0.0',
  services: [
    defineService<Limits, { readonly alerts: readonly Alert[] }>({
      name: 'check',
      description: 'One look, with all alerts',
      input: {
        type: 'object',
        properties: {
          minimumProviders: { type: 'integer', minimum: 1, maximum: 1_000 },
          maximumOutputPicoUsd: { type: 'string', pattern: '^\\d{1,30}$' },
        },
        required: ['minimumProviders', 'maximumOutputPicoUsd'],
        additionalProperties: false,
      },
      output: { type: 'object', properties: { alerts: { type: 'array' } }, required: ['alerts'] },
      run: async (limits, { signal }) => ({ alerts: await alertsOf(limits, signal) }),
    }),
  ],
})

async function alertsOf(
  { minimumProviders, maximumOutputPicoUsd }: Limits,
  signal: AbortSignal,
): Promise<readonly Alert[]> {
  const url = `${process.env['KOINON_GATEWAY_URL'] ?? 'http://127.0.0.1:8402'}/v1/models`
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const list = await fetch(url, { signal: bounded })
    .then((response) => response.json() as Promise<ModelList>)
    .catch((error: Error) => error)
  if (list instanceof Error) return [{ kind: 'unreachable', detail: list.message }]
  return (list.data ?? []).flatMap(({ id = '', koinon }): readonly Alert[] => {
    const prices = (koinon?.offers ?? []).map((offer) => BigInt(offer.outputPricePicoUsdPerToken ?? '0'))
    const isDear = prices.length > 0 && prices.every((price) => price > BigInt(maximumOutputPicoUsd))
    return [
      ...(prices.length < minimumProviders
        ? [{ kind: 'few-providers', detail: `${id}: ${prices.length} of ${minimumProviders}` } as const]
        : []),
      ...(isDear
        ? [{ kind: 'dear', detail: `${id}: the cheapest asks more than ${maximumOutputPicoUsd}` } as const]
        : []),
    ]
  })
}
