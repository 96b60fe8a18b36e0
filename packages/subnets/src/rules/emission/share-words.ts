/** By what new KOIN is shared, in words for people: of a network, and of one subnet. */
import { formatUnits, type Hex, tokenDecimals } from '@koinon/base'
import { type EmissionPolicyName, emissionPolicies } from './policies.ts'

/** What an emission policy is called: by its spec hash, undefined when it is none of those known here. */
export function policyNameOf(specHash: Hex): EmissionPolicyName | undefined {
  const names = Object.keys(emissionPolicies) as EmissionPolicyName[]
  return names.find((name) => emissionPolicies[name].specHash === specHash)
}

/** What the last step fixed of a subnet, and its flow as it is. Amounts in atomic units, the average price in parts of 1e18. */
export type ShareFacts = {
  readonly shareQ64: bigint
  readonly averagePrice: bigint
  readonly capital: bigint
  /** KOIN a second. */
  readonly userFlow: bigint
}

const measures: Readonly<
  Record<EmissionPolicyName, { readonly rule: string; readonly of: (facts: ShareFacts) => string }>
> = {
  userCapital: {
    rule: 'by the KOIN that people keep in each pool; what that does not carry is not minted',
    of: ({ capital }) =>
      `because people keep ${amount(capital)} KOIN in its pool, by an average that begins at 0 and follows slowly`,
  },
  priceEma: { rule: 'by the average price of alpha', of: byPrice },
  hillGate: { rule: 'by the average price of alpha, small shares faded out', of: byPrice },
  taoflow: { rule: 'by the KOIN that people brought into each pool lately', of: byFlow },
  netFlow: { rule: 'by the KOIN that people brought into each pool lately, less what was issued into it', of: byFlow },
  revenueWeighted: { rule: 'by sales', of: () => 'by its sales' },
  equal: { rule: 'to every subnet the same', of: () => 'as to every subnet' },
}

/** A network's policy as half a sentence: `New KOIN is shared ...`. */
export function policyWords(specHash: Hex): string {
  const name = policyNameOf(specHash)
  return name === undefined
    ? `by a policy that is not known here (${specHash.slice(0, 10)}…)`
    : `${measures[name].rule} (${name})`
}

/** One subnet's share of new KOIN, and what it was computed from. */
export function shareWords(specHash: Hex, facts: ShareFacts | undefined): string {
  if (facts === undefined) return 'none yet: it takes part from its second step on'
  const name = policyNameOf(specHash)
  const share = `${percent(facts.shareQ64)} of new KOIN`
  return name === undefined
    ? `${share}, by a policy that is not known here (${specHash.slice(0, 10)}…)`
    : `${share}, ${measures[name].of(facts)} (${name})`
}

function byPrice({ averagePrice }: ShareFacts): string {
  return `by its average price of ${amount(averagePrice)} KOIN`
}

function byFlow({ userFlow }: ShareFacts): string {
  const perDay = userFlow * 86_400n
  return userFlow < 0n
    ? `by people having taken out ${amount(-perDay)} KOIN a day lately`
    : `by the ${amount(perDay)} KOIN a day that people brought lately`
}

/** Four digits of a per cent, down: a share that exists is never shown as none. */
function percent(shareQ64: bigint): string {
  const tenThousandths = (shareQ64 * 1_000_000n) >> 64n
  if (shareQ64 > 0n && tenThousandths === 0n) return 'less than 0.0001 %'
  return `${formatUnits(tenThousandths, 4)} %`
}

function amount(atomic: bigint): string {
  const digits = 4
  return formatUnits(atomic / 10n ** BigInt(tokenDecimals - digits), digits)
}
