/** What a provider looks at before it quotes for a stranger's job. */
import { type Address, zeroAddress } from '@koinon/base'
import type { SignedQuoteRequest } from '@koinon/work/quotes'
import { hashTerms, type JobTerms, type jobsDomain } from '../../rules/job.ts'
import { parseTerms } from '../../rules/job-terms-json.ts'

export type OfferRules = {
  readonly domain: ReturnType<typeof jobsDomain>
  readonly provider: Address
  /** Tokens that it takes. */
  readonly tokens: readonly Address[]
  /** Hooks that it lets stand between itself and its pay; none when empty. */
  readonly trustedHooks: readonly Address[]
  /** A job must last so long at least. */
  readonly leastSeconds: number
}

/** The terms of a request that is worth a price, or undefined: another contract's, untrue, hooked, foreign or too short. Never throws. */
export function readOffer(request: SignedQuoteRequest, rules: OfferRules, nowSeconds: number): JobTerms | undefined {
  const { settlement } = request
  const isHere =
    settlement.chainId === rules.domain.chainId && settlement.verifyingContract === rules.domain.verifyingContract
  if (!isHere) return undefined
  try {
    const terms = parseTerms(request.terms)
    // Whoever asks, only the terms' client can take the quote.
    const isTrue = hashTerms(terms) === request.termsHash
    const isFit =
      rules.tokens.includes(terms.token) &&
      (terms.hook === zeroAddress || rules.trustedHooks.includes(terms.hook)) &&
      terms.evaluator !== rules.provider &&
      terms.expiredAtSeconds >= nowSeconds + rules.leastSeconds
    return isTrue && isFit ? terms : undefined
  } catch {
    return undefined
  }
}
