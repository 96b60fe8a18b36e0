/** A subnet in words for people, and in plain JSON. */
import { formatAmount, type Hex } from '@koinon/base'
import type { SeatChallenge, SeatRules, SubnetSummary } from '@koinon/ledger'
import type { ShareFacts, SubnetPool, SubnetPot } from '@koinon/subnets/pools'
import { rulesJson } from './rule-options.ts'

/** Amounts as decimal strings of atomic units, under names that say so. */
export function subnetJson(subnet: SubnetSummary): Record<string, unknown> {
  const { minValidatorStake, stake, seatPrice, rules, announced, ...rest } = subnet
  return {
    ...rest,
    minValidatorStakeAtomic: `${minValidatorStake}`,
    stakeAtomic: `${stake}`,
    seatPriceAtomic: `${seatPrice}`,
    rules: rulesJson(rules),
    ...(announced === undefined
      ? {}
      : { announced: { fromSeconds: announced.fromSeconds, rules: rulesJson(announced.rules) } }),
  }
}

/** Label and value, in the order in which they are read. */
export function subnetFacts(
  subnet: SubnetSummary,
  challenges: readonly SeatChallenge[],
  market: SubnetPool | SubnetPot | undefined,
  newKoin?: string,
): readonly (readonly [string, string])[] {
  const { rules, announced, dissolvedAtSeconds } = subnet
  return [
    ['subnet', `${subnet.netuid}, ${subnet.name}`],
    ['owner', subnet.owner],
    ...(dissolvedAtSeconds === undefined
      ? []
      : [['dissolved', `${moment(dissolvedAtSeconds)}: unstake, claim and redeem what is yours`] as const]),
    ['seats', `${subnet.neurons} of ${subnet.maxNeurons}`],
    [
      'validators',
      `${subnet.validators} of ${subnet.maxValidators}, each with a stake that weighs ${formatAmount(subnet.minValidatorStake)} alpha or more`,
    ],
    ['stake', `weighs ${formatAmount(subnet.stake)} alpha: alpha staked there, and KOIN on the root`],
    ...marketFacts(market),
    ...(newKoin === undefined ? [] : [['new KOIN', newKoin] as const]),
    ['a seat costs', `${formatAmount(subnet.seatPrice)} KOIN now`],
    ['rules', ruleSentence(rules)],
    ...(announced === undefined
      ? []
      : [['announced', `from ${moment(announced.fromSeconds)}: ${ruleSentence(announced.rules)}`] as const]),
    ['spec', `${subnet.specHash}, version key ${subnet.versionKey}`],
    ['epoch', `${subnet.epochSeconds} s`],
    ...challenges.map(
      ({ uid, deposit, endsAtSeconds }) =>
        [`seat ${uid}`, `claimed with ${formatAmount(deposit)} KOIN until ${moment(endsAtSeconds)}`] as const,
    ),
  ]
}

/** The share of the KOIN that the last step issued, and what it was computed from, in plain JSON. */
export function emissionJson(specHash: Hex, share: ShareFacts | undefined): Record<string, unknown> {
  return {
    emissionPolicy: specHash,
    ...(share === undefined
      ? {}
      : {
          emissionShareQ64: `${share.shareQ64}`,
          keptCapitalAtomic: `${share.capital}`,
          userFlowAtomicPerSecond: `${share.userFlow}`,
        }),
  }
}

function marketFacts(market: SubnetPool | SubnetPot | undefined): readonly (readonly [string, string])[] {
  if (market === undefined) return []
  if (!('pool' in market)) {
    return [
      [
        'left',
        `${formatAmount(market.pot)} KOIN for ${formatAmount(market.outstanding)} alpha: koinon subnet sell redeems it`,
      ],
    ]
  }
  const { price, averagePrice, pool, supply } = market
  return [
    ['price', `${formatAmount(price)} KOIN for one alpha`],
    ['average price', `${formatAmount(averagePrice)} KOIN for one alpha, which follows the price slowly`],
    ['pool', `${formatAmount(pool.koin)} KOIN and ${formatAmount(pool.alpha)} of ${formatAmount(supply)} alpha`],
  ]
}

/** Rules of seats in a line. */
export function ruleSentence(rules: SeatRules): string {
  return `${formatAmount(rules.minBurn)} to ${formatAmount(rules.maxBurn)} KOIN, half every ${rules.burnHalfLifeSeconds} s, ${rules.maxRegistrationsPerEpoch} an epoch; immune for ${rules.immunitySeconds} s; ${rules.noticeSeconds} s to match`
}

function moment(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
