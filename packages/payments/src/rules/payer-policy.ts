/** What a payer lets itself be asked for (specs/0022-machine-payments.md section 8). Amounts in atomic units. */
import { type Address, formatUnits, KoinonError } from '@koinon/base'
import type { Asset, PaymentTerms } from './terms.ts'

/** A token the payer pays in, with its EIP-712 names as the payer knows them: never as a seller states them. */
export type AllowedAsset = Asset & {
  readonly chainId: number
  /** The escrow of channels and its EIP-3009 collector; without them the token is paid by `exact` alone. */
  readonly escrow?: Address
  readonly collector?: Address
}

/** Limits; all assets of one policy have the same decimals, so that sums mean something. */
export type PayerPolicy = {
  readonly assets: readonly AllowedAsset[]
  /** Without it, anybody may be paid. */
  readonly payees?: readonly Address[]
  readonly maximumPerCallAtomic: bigint
  /** Charged and under way, in the life of the payer's store. */
  readonly maximumPerOriginAtomic?: bigint
  readonly maximumTotalAtomic?: bigint
  /** The most that may lie in channels without being owed, all channels together. */
  readonly maximumInChannelsAtomic: bigint
  /** The longest that an exact commitment may stay open, seconds. */
  readonly maximumTimeoutSeconds: number
  /** The longest that a channel's rest may need to come back against the seller's will, seconds. */
  readonly maximumWithdrawDelaySeconds: number
}

export type Spent = { readonly originAtomic: bigint; readonly totalAtomic: bigint }

/** The asset of terms as the policy knows it, or undefined. */
export function allowedAsset(terms: PaymentTerms, policy: PayerPolicy): AllowedAsset | undefined {
  return policy.assets.find(({ chainId, token }) => chainId === terms.chainId && token === terms.asset.token)
}

/** Why the policy refuses these terms, or undefined. `spent` is what is charged and under way. */
export function policyObjection(terms: PaymentTerms, policy: PayerPolicy, spent: Spent): KoinonError | undefined {
  const asset = allowedAsset(terms, policy)
  const { maximumAtomic, payTo } = terms
  if (asset === undefined)
    return refusal(
      'payments/asset-not-allowed',
      `The seller asks for token ${terms.asset.token} on chain ${terms.chainId}, which this payer does not pay in`,
      'Allow the token by name, or ask the seller for another one.',
    )
  if (asset.name !== terms.asset.name || asset.version !== terms.asset.version)
    return refusal(
      'payments/asset-not-allowed',
      `The seller calls the token "${terms.asset.name}" version "${terms.asset.version}", and it is not called so`,
      'The terms may have been tampered with.',
    )
  if (policy.payees !== undefined && !policy.payees.includes(payTo))
    return refusal(
      'payments/payee-not-allowed',
      `${payTo} is not among the payees that this payer pays`,
      'Allow the payee if you meant to pay it.',
    )
  const limits = [
    ['perCall', 0n, policy.maximumPerCallAtomic],
    ['perOrigin', spent.originAtomic, policy.maximumPerOriginAtomic],
    ['total', spent.totalAtomic, policy.maximumTotalAtomic],
  ] as const
  for (const [limit, spentAtomic, limitAtomic] of limits) {
    if (limitAtomic === undefined || spentAtomic + maximumAtomic <= limitAtomic) continue
    return overLimit(limit, maximumAtomic, spentAtomic, limitAtomic, asset)
  }
  return undefined
}

const limitWords = {
  perCall: {
    left: (limit: string) => `one call may cost at most ${limit}`,
    option: '--max-per-call, maxPerCallDollars',
  },
  perOrigin: {
    left: (limit: string, left: string) => `of the ${limit} that this seller may have, ${left} are left`,
    option: 'maximumPerOriginAtomic',
  },
  total: {
    left: (limit: string, left: string) => `of the ${limit} that may be spent in all, ${left} are left`,
    option: '--max-total, maxTotalDollars',
  },
} as const

/** `details` has what was asked, the limit, and what is left of it, in atomic units. */
function overLimit(
  limit: keyof typeof limitWords,
  askedAtomic: bigint,
  spentAtomic: bigint,
  limitAtomic: bigint,
  { decimals }: AllowedAsset,
): KoinonError {
  const leftAtomic = limitAtomic > spentAtomic ? limitAtomic - spentAtomic : 0n
  const words = (atomic: bigint): string => `${formatUnits(atomic, decimals)} dollars`
  return new KoinonError({
    code: 'payments/over-limit',
    message: `The call may cost up to ${words(askedAtomic)}, and ${limitWords[limit].left(words(limitAtomic), words(leftAtomic))}`,
    hint: `Raise the limit (${limitWords[limit].option}) if the price is right.`,
    details: { limit, askedAtomic: `${askedAtomic}`, limitAtomic: `${limitAtomic}`, leftAtomic: `${leftAtomic}` },
  })
}

/** Why terms that came after a commitment are not those that it was made for, or undefined. A lower price is no objection. */
export function changedTerms(first: PaymentTerms, later: PaymentTerms): KoinonError | undefined {
  const change =
    first.payTo !== later.payTo
      ? 'another payee'
      : first.chainId !== later.chainId || first.asset.token !== later.asset.token
        ? 'another asset'
        : later.maximumAtomic > first.maximumAtomic
          ? 'a higher price'
          : undefined
  return change === undefined ? undefined : termsChanged(change)
}

/** The seller asked for something else than what was signed for; `change` says what. */
export function termsChanged(change: string): KoinonError {
  return new KoinonError({
    code: 'payments/terms-changed',
    message: `After a payment was under way the seller asked for ${change}`,
    hint: 'Nothing more was signed. Do not trust this seller, or whoever sits between you and it.',
    details: { change },
  })
}

function refusal(code: string, message: string, hint: string): KoinonError {
  return new KoinonError({ code, message, hint })
}
