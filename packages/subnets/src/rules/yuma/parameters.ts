/** What an owner may choose about Yuma, in the units in which it is stored (specs/0011-yuma.md section 2). */
import { KoinonError } from '@koinon/base'
import { divQ32, wholeQ32 } from '../fixed/q32.ts'

/**
 * How fast bonds follow: instead of one rate, each pair's own, between `lowU16` and `highU16` (parts of 65535), steeper with
 * `steepness` (hundredths). `sparse` is what is live elsewhere: a validator that does not list a seat loses that bond at once.
 * `decaying`: what is not listed counts as weight 0, so that the bond fades.
 */
export type LiquidAlpha = {
  readonly form: 'sparse' | 'decaying'
  readonly lowU16: number
  readonly highU16: number
  readonly steepness: number
}

export type YumaParameters = {
  /** `yuma2`: bonds are stake-weighted and shared within a column. `yuma3`: each validator's bonds are its own. */
  readonly rule: 'yuma2' | 'yuma3'
  /** Stake that has to give a weight for it to count, parts of 65535. */
  readonly kappaU16: number
  /** How far what exceeds the consensus earns no bonds, parts of 65535: 65535 is not at all. */
  readonly bondsPenaltyU16: number
  /** Share of the old in the new bonds, millionths. */
  readonly bondsMovingAveragePpm: number
  /** For `yuma3` only. */
  readonly liquidAlpha?: LiquidAlpha
  /** Stakes count at most as much as the one at this percentile of the permitted (section 3); none when left out. */
  readonly stakeCapPercent?: number
}

export const yuma3Defaults: YumaParameters = {
  rule: 'yuma3',
  kappaU16: 32_767,
  bondsPenaltyU16: 65_535,
  bondsMovingAveragePpm: 900_000,
}
export const yuma2Defaults: YumaParameters = { ...yuma3Defaults, rule: 'yuma2' }
export const liquidAlphaDefaults: LiquidAlpha = { form: 'sparse', lowU16: 45_875, highU16: 58_982, steepness: 1_000 }
/** The percentile of `yuma3Capped`. */
export const cappedPercent = 88

/** Of every Yuma that a subnet may name. */
export const yumaParametersByName = {
  yuma2: yuma2Defaults,
  yuma3: yuma3Defaults,
  /** Stakes above the 88th percentile count as much as the one at it. */
  yuma3Capped: { ...yuma3Defaults, stakeCapPercent: cappedPercent },
  /** Who leaves a seat out of a row loses the bond to it at once. */
  yuma3Liquid: { ...yuma3Defaults, liquidAlpha: liquidAlphaDefaults },
  /** What a row leaves out fades as fast as what it would list with 0. */
  yuma3LiquidDecaying: { ...yuma3Defaults, liquidAlpha: { ...liquidAlphaDefaults, form: 'decaying' } },
} as const satisfies Readonly<Record<string, YumaParameters>>

export type LiquidRates = {
  readonly form: LiquidAlpha['form']
  readonly low: number
  readonly high: number
  readonly slope: number
}

/** What bonds follow by; all Q32. */
export type BondRates = {
  readonly rule: YumaParameters['rule']
  readonly penalty: number
  /** Share of the new in the new bonds. */
  readonly alpha: number
  readonly liquid: LiquidRates | undefined
}

/** Checks parameters and brings them into Q32. Throws `subnets/bad-yuma-parameter` naming the field. */
export function yumaRates(parameters: YumaParameters): { readonly kappa: number; readonly bonds: BondRates } {
  const { kappaU16, bondsPenaltyU16, bondsMovingAveragePpm, liquidAlpha, stakeCapPercent } = parameters
  within('kappaU16', kappaU16, 0, 65_535)
  within('bondsPenaltyU16', bondsPenaltyU16, 0, 65_535)
  within('bondsMovingAveragePpm', bondsMovingAveragePpm, 0, 1_000_000)
  if (stakeCapPercent !== undefined) within('stakeCapPercent', stakeCapPercent, 1, 100)
  if (liquidAlpha !== undefined) {
    within('liquidAlpha.highU16', liquidAlpha.highU16, 0, 65_535)
    within('liquidAlpha.lowU16', liquidAlpha.lowU16, 0, liquidAlpha.highU16)
    within('liquidAlpha.steepness', liquidAlpha.steepness, -32_768, 32_767)
  }
  return {
    kappa: divQ32(kappaU16, 65_535),
    bonds: {
      rule: parameters.rule,
      penalty: divQ32(bondsPenaltyU16, 65_535),
      alpha: wholeQ32 - divQ32(bondsMovingAveragePpm, 1_000_000),
      liquid: liquidAlpha === undefined || parameters.rule === 'yuma2' ? undefined : liquidRates(liquidAlpha),
    },
  }
}

function liquidRates({ form, lowU16, highU16, steepness }: LiquidAlpha): LiquidRates {
  return {
    form,
    low: divQ32(lowU16, 65_535),
    high: divQ32(highU16, 65_535),
    slope: Math.sign(steepness) * divQ32(Math.abs(steepness), 100),
  }
}

function within(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new KoinonError({
    code: 'subnets/bad-yuma-parameter',
    message: `The Yuma parameter ${field} is ${value}, not a whole number from ${least} to ${most}`,
    hint: `Write a whole number from ${least} to ${most}.`,
  })
}
