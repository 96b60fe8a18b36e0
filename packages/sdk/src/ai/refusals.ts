/** Refusals of gateways and proxies in the one shape that the AI SDK shows to people. */
import { boundedText, dollarDecimals, formatUnits, KoinonError } from '@koinon/base'

const mostRefusalBytes = 256 << 10

/**
 * The same refusal, its message with its next step. Throws `gateway/payment-required` for a demand for money: nobody here pays it, because
 * what a payer pays never arrives here.
 */
export async function readableRefusal(response: Response): Promise<Response> {
  const text = await boundedText(response, mostRefusalBytes, () => new Error('the refusal is too long')).catch(() => '')
  const json = jsonOf(text)
  if (response.status === 402 && isDemand(response, json)) throw paymentRequired(json ?? {})
  const error = json?.['error'] as { message?: unknown; hint?: unknown } | undefined
  const body =
    typeof error?.message === 'string' && typeof error.hint === 'string'
      ? JSON.stringify({ ...json, error: { ...error, message: `${error.message}. ${error.hint}` } })
      : text
  const { status, statusText, headers } = response
  return new Response(body, { status, statusText, headers })
}

/** On either wire (specs/0022-machine-payments.md sections 6 and 7). */
function isDemand({ headers }: Response, json: Readonly<Record<string, unknown>> | undefined): boolean {
  return json?.['x402Version'] !== undefined || /^payment /i.test(headers.get('www-authenticate') ?? '')
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

function paymentRequired(demand: Readonly<Record<string, unknown>>): KoinonError {
  const [first] = (Array.isArray(demand['accepts']) ? demand['accepts'] : []) as readonly { amount?: unknown }[]
  const amount = first?.amount
  const price =
    typeof amount === 'string' && /^\d{1,30}$/.test(amount)
      ? `, at most ${formatUnits(BigInt(amount), dollarDecimals)} dollars for this one`
      : ''
  return new KoinonError({
    code: 'gateway/payment-required',
    message: `The gateway sells answers by the call${price}, and got neither a key nor a payment`,
    hint: 'Give createKoinon a payer (openPayer of @koinon/sdk/payer) or an apiKey (koinon keys create).',
    details: { status: 402 },
  })
}
