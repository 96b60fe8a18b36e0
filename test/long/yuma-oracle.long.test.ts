/** The engine of Yuma against its plain reading in bigints, on 10,000 random subnets and on dense ones of full size. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runYumaEpoch, type UidRow, type YumaSubnet } from '../../packages/subnets/src/rules/yuma/epoch.ts'
import { liquidAlphaDefaults, yuma2Defaults, yuma3Defaults } from '../../packages/subnets/src/rules/yuma/parameters.ts'
import { type OracleEpoch, oracleEpoch } from '../../packages/subnets/src/testing/yuma-oracle.ts'
import { yumaParameters, yumaSubnets } from '../../packages/subnets/src/testing/yuma-worlds.ts'

const shares = ['stake', 'activeStake', 'consensus', 'incentive', 'trust', 'dividends', 'validatorTrust'] as const

it('has the bits of the oracle on 10,000 random subnets', () => {
  let earning = 0
  fc.assert(
    fc.property(yumaSubnets, yumaParameters, (subnet, parameters) => {
      const epoch = runYumaEpoch(subnet, parameters)
      if (epoch.dividends.some((share) => share > 0)) earning += 1
      expectSame(epoch, oracleEpoch(subnet, parameters))
    }),
    { numRuns: 10_000 },
  )
  expect(earning).toBeGreaterThan(3_000)
})

it.each([
  yuma2Defaults,
  yuma3Defaults,
  { ...yuma3Defaults, liquidAlpha: liquidAlphaDefaults },
  { ...yuma3Defaults, liquidAlpha: { ...liquidAlphaDefaults, form: 'decaying' as const }, bondsPenaltyU16: 0 },
])('has them over ten dense epochs of 64 validators and 256 seats: %j', (parameters) => {
  const numbers = fc.sample(fc.infiniteStream(fc.nat(65_535)), { numRuns: 1, seed: 11 })[0]?.[Symbol.iterator]()
  const next = (): number => (numbers?.next().value as number | undefined) ?? 0
  const rows = (): UidRow[] =>
    Array.from({ length: 256 }, (_, uid) =>
      uid < 64 ? Array.from({ length: 256 }, (_, seat) => [seat, next()] as const) : [],
    )
  let subnet: YumaSubnet = {
    stakes: Array.from({ length: 256 }, (_, uid) => (uid < 64 ? BigInt(1 + next()) * 10n ** 18n : 0n)),
    permits: Array.from({ length: 256 }, (_, uid) => uid < 64),
    weights: rows(),
    bonds: rows(),
    maximumValidators: 64,
    emission: 1_000_000_000n,
  }
  for (let turn = 0; turn < 10; turn++) {
    const epoch = runYumaEpoch(subnet, parameters)
    expectSame(epoch, oracleEpoch(subnet, parameters))
    subnet = { ...subnet, bonds: epoch.bonds, weights: rows() }
  }
})

function expectSame(epoch: ReturnType<typeof runYumaEpoch>, oracle: OracleEpoch): void {
  for (const name of shares) expect(Array.from(epoch[name], BigInt), name).toEqual(oracle[name])
  for (const name of ['serverEmission', 'validatorEmission', 'emission', 'permits'] as const) {
    expect(epoch[name], name).toEqual(oracle[name])
  }
  const bonds = epoch.bonds.flatMap((row, uid) => row.map(([seat, bond]) => [`${uid},${seat}`, BigInt(bond)] as const))
  expect(Object.fromEntries(bonds.filter(([, bond]) => bond > 0n))).toEqual(oracle.bonds)
}
