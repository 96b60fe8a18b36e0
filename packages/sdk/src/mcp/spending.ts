/** What verbs that spend have in common: limits, the ceiling, and where requests may go. */
import { payWithin } from '@koinon/agents/client'
import { KoinonError, parseUnits, picoUsdDecimals } from '@koinon/base'
import { hostNameOf, isLoopbackHost } from '@koinon/base/node'
import type { NetworkPorts } from './ports.ts'

/** Arguments that bound and name a spending. */
export const spendSchema = {
  maxPerCallDollars: { type: 'string', pattern: '^\\d{1,6}(\\.\\d{1,12})?$', description: 'For example 0.01' },
  paymentId: {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]{16,128}$',
    description: 'Names the call: the same one again is paid once. Say it again when an outcome was not known.',
  },
} as const

export type Spend = { readonly maxPerCallDollars: string; readonly paymentId?: string }
export type Limits = { readonly maximumPicoUsd: bigint; readonly paymentId?: string }

/** Sets the most aside first; gives it back when nothing was signed, and keeps what nobody knows. */
export async function spending<paid extends { readonly paidPicoUsd: bigint }>(
  { ceiling }: NetworkPorts,
  { maxPerCallDollars, paymentId }: Spend,
  work: (limits: Limits) => Promise<paid>,
): Promise<paid> {
  const maximumPicoUsd = parseUnits(maxPerCallDollars, picoUsdDecimals)
  return payWithin(ceiling, maximumPicoUsd, () =>
    work({ maximumPicoUsd, ...(paymentId === undefined ? {} : { paymentId }) }),
  )
}

/**
 * Where a model may send requests: https anywhere by name, plain http and this machine only when the gateway is of this machine too. Names
 * are not resolved here: one that points into a private network is not seen. Throws `mcp/bad-service-url`.
 */
export function serviceUrl(text: string, gatewayUrl: string): string {
  const isLocal = isLoopbackHost(new URL(gatewayUrl).host)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOpen = url?.protocol === 'https:' && url.username === '' && !isAddress(url.host)
  const isHere = isLocal && url?.protocol === 'http:' && isLoopbackHost(url.host)
  if (url !== undefined && (isOpen || isHere)) return url.href
  throw new KoinonError({
    code: 'mcp/bad-service-url',
    message: 'Services are called under https and a name; on a network of this machine also under http on loopback',
  })
}

function isAddress(host: string): boolean {
  const name = hostNameOf(host)
  return /^[\d.]+$/.test(name) || name.includes(':') || isLoopbackHost(name) || !name.includes('.')
}
