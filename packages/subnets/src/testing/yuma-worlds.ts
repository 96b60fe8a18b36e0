/** Random subnets for tests of Yuma: small, with all the ties, gaps, zeros and clocks that a careless rule trips over. */
import fc from 'fast-check'
import type { UidRow, YumaSubnet } from '../rules/yuma/epoch.ts'
import { type YumaParameters, yuma2Defaults, yuma3Defaults } from '../rules/yuma/parameters.ts'

export const yumaParameters: fc.Arbitrary<YumaParameters> = fc
  .record({
    defaults: fc.constantFrom(yuma2Defaults, yuma3Defaults),
    kappaU16: fc.oneof(fc.constant(32_767), fc.integer({ min: 0, max: 65_535 })),
    bondsPenaltyU16: fc.constantFrom(0, 65_535, 65_535, 30_000),
    bondsMovingAveragePpm: fc.constantFrom(900_000, 975_000, 0, 1_000_000, 123_457),
    liquid: fc.constantFrom<'none' | 'sparse' | 'decaying'>('none', 'sparse', 'decaying'),
    bounds: fc.tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 65_535 })),
    steepness: fc.oneof(fc.constant(1_000), fc.integer({ min: -32_768, max: 32_767 })),
    stakeCapPercent: fc.constantFrom(undefined, undefined, 88, 50),
  })
  .map(({ defaults, liquid, bounds, steepness, stakeCapPercent, ...rest }) => ({
    ...defaults,
    ...rest,
    ...(stakeCapPercent === undefined ? {} : { stakeCapPercent }),
    ...(liquid === 'none'
      ? {}
      : { liquidAlpha: { form: liquid, lowU16: Math.min(...bounds), highU16: Math.max(...bounds), steepness } }),
  }))

const sometimes = { nil: undefined, freq: 1 }

/** Subnets of 0 to 12 uids, most with stored bonds. */
export const yumaSubnets: fc.Arbitrary<YumaSubnet> = fc.integer({ min: 0, max: 12 }).chain((count) => {
  const each = <item>(item: fc.Arbitrary<item>) => fc.array(item, { minLength: count, maxLength: count })
  const value = fc.oneof(fc.constantFrom(0, 1, 65_535), fc.integer({ min: 0, max: 65_535 }))
  const row = fc
    .uniqueArray(fc.tuple(fc.nat(13), value), { selector: ([seat]) => seat, maxLength: 13 })
    .map((pairs): UidRow => pairs)
  const blocks = each(fc.nat(20))
  return fc
    .record({
      stakes: each(fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, 10n ** 27n))),
      permits: each(
        fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      ),
      weights: each(row),
      bonds: each(fc.oneof({ weight: 1, arbitrary: fc.constant<UidRow>([]) }, { weight: 3, arbitrary: row })),
      maximumValidators: fc.nat(14),
      emission: fc.constantFrom(0n, 1n, 1_000_000_000n, 10n ** 21n),
      ownerUid: fc.option(fc.nat(12), sometimes),
      stakeThreshold: fc.option(fc.bigInt(0n, 10n), sometimes),
      activity: fc.option(fc.record({ block: fc.nat(25), cutoff: fc.nat(10) }), sometimes),
      lastUpdates: fc.option(blocks, sometimes),
      registeredAt: fc.option(blocks, sometimes),
      oldestCommits: fc.option(each(fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY))), sometimes),
      bondsSince: fc.option(fc.nat(20), sometimes),
    })
    .map(
      (subnet) =>
        Object.fromEntries(Object.entries(subnet).filter(([, item]) => item !== undefined)) as unknown as YumaSubnet,
    )
})
