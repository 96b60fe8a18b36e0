import { worstCasePicoUsd } from '@koinon/payments/rules'
import { gatewayPrices } from '../rules/gateway-price.ts'
import { effectiveMaxTokens } from '../rules/inference-request.ts'
import { promptTokenBound } from '../rules/receipt-check.ts'
import type { AttemptContext, GatewayRequest } from './attempt-context.ts'
import type { Candidate } from './provider-table.ts'

/** The most that the client may have to pay for this provider's answer, or for so many tokens of it, pico-dollars. */
export function userWorstCasePicoUsd(
  context: AttemptContext,
  request: Pick<GatewayRequest, 'body' | 'request'>,
  candidate: Candidate,
  mostOutputTokens = Number.POSITIVE_INFINITY,
): bigint {
  const prices = gatewayPrices(candidate.offer, context.options.marginBps)
  const { promptTokens, maxTokens } = mostTokens(request, candidate)
  return worstCasePicoUsd({ promptTokens, maxTokens: Math.min(maxTokens, mostOutputTokens), ...prices })
}

/** The most tokens that a request may take, in and out. */
export function mostTokens({ body, request }: Pick<GatewayRequest, 'body' | 'request'>, { offer }: Candidate) {
  return {
    promptTokens: promptTokenBound(body.length, offer.contextLength),
    maxTokens: effectiveMaxTokens(request, offer.contextLength),
  }
}

/** The most that this provider's answer may cost the gateway itself, pico-dollars. */
export function upstreamWorstCasePicoUsd(
  request: Pick<GatewayRequest, 'body' | 'request'>,
  candidate: Candidate,
): bigint {
  return worstCasePicoUsd({ ...mostTokens(request, candidate), ...candidate.offer })
}
