import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { netFlow, taoflow } from './flow.ts'
import { hillGate } from './hill-gate.ts'
import { emissionPolicies } from './policies.ts'
import type { EmissionPolicy, SubnetSignals } from './policy.ts'
import { defaultFullCapital, userCapital } from './user-capital.ts'

const policies: readonly EmissionPolicy[] = [
  ...Object.values(emissionPolicies),
  taoflow({ cutoff: 5n, powerHalves: 3 }),
  netFlow({ cutoff: -5n, powerHalves: 16 }),
  hillGate({ steepness: 4, demandPercent: 99 }),
  hillGate({ steepness: 1, demandPercent: 1 }),
  userCapital(0n),
]
const unit = 10n ** 18n
const signals = (partial: Partial<SubnetSignals>): SubnetSignals => ({
  eligible: true,
  priceEmaQ64: oneQ64,
  userFlowEma: unit,
  protocolCostEma: 0n,
  revenue: unit,
  minerBurnedQ64: 0n,
  capital: defaultFullCapital,
  ...partial,
})
const anySignals = fc.record({
  eligible: fc.boolean(),
  priceEmaQ64: fc.bigInt(0n, (1n << 128n) - 1n),
  userFlowEma: fc.bigInt(-(1n << 127n), (1n << 127n) - 1n),
  protocolCostEma: fc.bigInt(-(1n << 127n), (1n << 127n) - 1n),
  revenue: fc.bigInt(0n, (1n << 128n) - 1n),
  minerBurnedQ64: fc.bigInt(0n, oneQ64),
  capital: fc.bigInt(0n, (1n << 128n) - 1n),
})
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

describe.each(policies)('emission policy $name $specHash', (policy) => {
  it('shares out one, but for rounding of what it keeps, or nothing, and nothing to the ineligible', () => {
    fc.assert(
      fc.property(fc.array(anySignals, { maxLength: 40 }), (subnets) => {
        const shares = policy.shares(subnets)
        expect(shares).toHaveLength(subnets.length)
        if (policy.name !== 'userCapital') expect([0n, oneQ64]).toContain(sum(shares))
        expect(sum(shares) <= oneQ64).toBe(true)
        shares.forEach((share, index) => {
          expect(share >= 0n).toBe(true)
          if (!subnets[index]?.eligible) expect(share).toBe(0n)
        })
      }),
    )
  })

  it('does not care where in the list a subnet stands, but for the last units', () => {
    fc.assert(
      fc.property(fc.array(anySignals, { minLength: 1, maxLength: 20 }), (subnets) => {
        const backwards = [...policy.shares([...subnets].reverse())].reverse()
        policy.shares(subnets).forEach((share, index) => {
          const distance = share - (backwards[index] as bigint)
          expect(distance <= 20n && distance >= -20n).toBe(true)
        })
      }),
    )
  })

  it('does not care in what unit prices, flows and revenue are counted', () => {
    const amount = fc.bigInt(1n << 80n, 1n << 100n)
    const plain = fc
      .record({ price: amount, flow: amount, cost: amount, revenue: amount })
      .map(({ price, flow, cost, revenue }) =>
        signals({ priceEmaQ64: price, userFlowEma: flow, protocolCostEma: cost, revenue, capital: revenue }),
      )
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 20 }), fc.bigInt(1n, 1000n), (subnets, factor) => {
        const scaled = subnets.map((subnet) => ({
          ...subnet,
          priceEmaQ64: subnet.priceEmaQ64 * factor,
          userFlowEma: subnet.userFlowEma * factor,
          protocolCostEma: subnet.protocolCostEma * factor,
          revenue: subnet.revenue * factor,
          capital: subnet.capital * factor,
        }))
        const shares = policy.shares(scaled)
        policy.shares(subnets).forEach((share, index) => {
          const distance = share - (shares[index] as bigint)
          // A cutoff has a unit, and a square root turns a last digit into 32.
          expect(distance < 1n << 36n && -distance < 1n << 36n).toBe(true)
        })
      }),
    )
  })

  it('gives nothing to nobody', () => {
    expect(policy.shares([])).toEqual([])
    expect(policy.shares([signals({ eligible: false })])).toEqual([0n])
    const silent = signals({ priceEmaQ64: 0n, userFlowEma: 0n, revenue: 0n, capital: 0n })
    expect([[0n, 0n], policy.shares([signals({}), signals({})])]).toContainEqual(policy.shares([silent, silent]))
  })
})

describe('what the policies judge', () => {
  const sharesOf = (policy: EmissionPolicy, ...partials: Partial<SubnetSignals>[]): number[] =>
    policy.shares(partials.map(signals)).map((share) => Number(share) / 2 ** 64)

  it('priceEma counts what was burned against a subnet, unless it is all', () => {
    expect(sharesOf(emissionPolicies.priceEma, {}, { minerBurnedQ64: oneQ64 / 2n })).toEqual([2 / 3, 1 / 3])
    expect(sharesOf(emissionPolicies.priceEma, { minerBurnedQ64: oneQ64 })).toEqual([1])
    const bare = { minerBurnedQ64: oneQ64, priceEmaQ64: 3n * oneQ64 }
    expect(sharesOf(emissionPolicies.priceEma, { minerBurnedQ64: oneQ64 }, bare)).toEqual([0.25, 0.75])
  })

  it('taoflow measures from the cutoff, or from the least flow where that is higher', () => {
    const flows = [{ userFlowEma: 10n }, { userFlowEma: 30n }, { userFlowEma: -20n }]
    expect(sharesOf(taoflow(), ...flows)).toEqual([0.25, 0.75, 0])
    expect(sharesOf(taoflow({ cutoff: -1000n, powerHalves: 2 }), ...flows)).toEqual([0.375, 0.625, 0])
    expect(sharesOf(taoflow({ cutoff: 0n, powerHalves: 4 }), ...flows)[0]).toBeCloseTo(0.1, 12)
    expect(sharesOf(taoflow({ cutoff: 0n, powerHalves: 1 }), { userFlowEma: 1n }, { userFlowEma: 4n })[0]).toBeCloseTo(
      1 / 3,
      12,
    )
    expect(sharesOf(taoflow({ cutoff: 0n, powerHalves: 3 }), { userFlowEma: 1n }, { userFlowEma: 4n })[0]).toBeCloseTo(
      1 / 9,
      12,
    )
  })

  it('netFlow takes off what the protocol put in, at most what users brought in all', () => {
    const [first, second] = [
      { userFlowEma: 100n, protocolCostEma: 60n },
      { userFlowEma: 100n, protocolCostEma: 0n },
    ]
    expect(sharesOf(netFlow(), first, second)[0]).toBeCloseTo(40 / 140, 12)
    expect(sharesOf(netFlow(), { ...first, protocolCostEma: 400n }, second)).toEqual([0, 1])
    expect(sharesOf(netFlow(), { ...first, protocolCostEma: -100n }, second)[0]).toBeCloseTo(2 / 3, 12)
  })

  it('hillGate fades the tail and keeps equals equal', () => {
    const shares = sharesOf(hillGate(), ...[1n, 2n, 4n, 8n].map((price) => ({ priceEmaQ64: price * oneQ64 })))
    expect(shares.every((share, index) => index === 0 || share > 2 * (shares[index - 1] as number))).toBe(true)
    expect(sharesOf(hillGate(), {}, {}, {}, {})).toEqual([0.25, 0.25, 0.25, 0.25])
    expect(sharesOf(hillGate(), { priceEmaQ64: 1n }, { priceEmaQ64: 1n << 100n })).toEqual([0, 1])
  })

  it('revenueWeighted and equal look at nothing else', () => {
    expect(sharesOf(emissionPolicies.revenueWeighted, {}, { revenue: 3n * unit, priceEmaQ64: 0n })).toEqual([
      0.25, 0.75,
    ])
    expect(sharesOf(emissionPolicies.equal, {}, { revenue: 0n, priceEmaQ64: 0n })).toEqual([0.5, 0.5])
  })

  it('userCapital pays capital where it stands, and no unit of it more than its part of the whole', () => {
    const policy = userCapital(1000n)
    expect(sharesOf(policy, { capital: 100n }, { capital: 300n })).toEqual([0.1, 0.3])
    expect(sharesOf(policy, { capital: 1n }, { capital: 0n })[0]).toBeCloseTo(0.001, 12)
    expect(sharesOf(policy, { capital: 1500n }, { capital: 500n })).toEqual([0.75, 0.25])
    // Splitting a subnet changes nothing.
    const [whole] = policy.shares([signals({ capital: 900n }), signals({ capital: 700n })])
    const [a = 0n, b = 0n] = policy.shares([400n, 500n, 700n].map((capital) => signals({ capital })))
    expect((whole as bigint) - a - b <= 1n && (whole as bigint) >= a + b).toBe(true)
    expect(sharesOf(userCapital(0n), { capital: 1n }, { capital: 0n })).toEqual([1, 0])
  })

  it('have spec hashes that tell parameters apart', () => {
    expect(new Set(policies.map(({ specHash }) => specHash)).size).toBe(policies.length)
  })

  it('refuse what is out of range', () => {
    const bad: Partial<SubnetSignals>[] = [
      { priceEmaQ64: -1n },
      { priceEmaQ64: 1n << 128n },
      { userFlowEma: 1n << 127n },
      { protocolCostEma: -(1n << 127n) - 1n },
      { revenue: -1n },
      { minerBurnedQ64: oneQ64 + 1n },
      { capital: -1n },
    ]
    for (const partial of bad) expect(() => emissionPolicies.equal.shares([signals(partial)])).toThrow(/out of range/)
    expect(() => taoflow({ cutoff: 0n, powerHalves: 0 })).toThrow(/power/)
    expect(() => hillGate({ steepness: 5, demandPercent: 61 })).toThrow(/steepness/)
    expect(() => hillGate({ steepness: 3, demandPercent: 100 })).toThrow(/demand/)
    expect(() => userCapital(-1n)).toThrow(/capital/)
    expect(() => userCapital(1n << 128n)).toThrow(/capital/)
  })
})
