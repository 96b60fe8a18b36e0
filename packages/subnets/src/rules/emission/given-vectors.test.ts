import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decayQ64 } from '../conviction-math.ts'
import { oneQ64 } from '../fixed/q64.ts'
import { poolPrice, wad } from '../pool/weighted-pool.ts'
import { burnPriceAfter, burnPriceBumped, decayFactorQ32 } from '../prices.ts'
import { rootProportionQ64 } from './coinbase.ts'
import { taoflow } from './flow.ts'
import { emissionRate } from './halving.ts'
import { hillGate } from './hill-gate.ts'
import { emissionPolicies } from './policies.ts'
import type { SubnetSignals } from './policy.ts'
import { issueOfEntry } from './pool-step.ts'

// The chain's own numbers, with their sources: specs/vectors/incentives.json.
const { vectors } = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/incentives.json', import.meta.url), 'utf8'),
) as { vectors: { label: string }[] }
const given = <shape>(label: string): shape => vectors.find((vector) => vector.label === label) as shape
const quiet: SubnetSignals = {
  eligible: true,
  priceEmaQ64: 0n,
  userFlowEma: 0n,
  protocolCostEma: 0n,
  revenue: 0n,
  minerBurnedQ64: 0n,
  capital: 0n,
}
const toNumber = (q: bigint): number => Number(q) / 2 ** 64

describe('the vectors of the chain', () => {
  it('halving: every pair', () => {
    const { pairs } = given<{ pairs: [string, number][] }>('halving.issuance_rao_to_block_emission_rao')
    const schedule = { cap: 21_000_000_000_000_000n, base: 1_000_000_000n }
    for (const [issuance, rate] of pairs) expect(emissionRate(schedule, BigInt(issuance))).toBe(BigInt(rate))
  })

  it('flow: power 1 and a negative flow', () => {
    const power = given<{ x: number[]; out: number[] }>('flow.pow_normalize_p1')
    const even = emissionPolicies.taoflow.shares(power.x.map((x) => ({ ...quiet, userFlowEma: BigInt(x) })))
    even.forEach((share, index) => {
      expect(toNumber(share)).toBeCloseTo(power.out[index] as number, 9)
    })
    const signed = given<{ flow: number[]; cutoff: number; out: number[] }>('flow.negative_vs_positive')
    const policy = taoflow({ cutoff: BigInt(signed.cutoff), powerHalves: 2 })
    expect(policy.shares(signed.flow.map((flow) => ({ ...quiet, userFlowEma: BigInt(flow) })))).toEqual(
      signed.out.map((share) => BigInt(share) * oneQ64),
    )
  })

  it('gate: 1 to 2 becomes 1 to 9', () => {
    const { prices, q, h, bar, shares, tol } = given<{
      prices: number[]
      q: number
      h: number
      bar: number
      shares: number[]
      tol: number
    }>('gate.two_subnets')
    const policy = hillGate({ steepness: h, demandPercent: Math.round(q * 100) })
    // The larger share alone is more than the demand, so the bar stands at it.
    const [, larger] = emissionPolicies.priceEma.shares(
      prices.map((price) => ({ ...quiet, priceEmaQ64: BigInt(price) * oneQ64 })),
    )
    expect(Math.abs(toNumber(larger as bigint) - bar)).toBeLessThanOrEqual(tol)
    policy
      .shares(prices.map((price) => ({ ...quiet, priceEmaQ64: BigInt(price) * oneQ64 })))
      .forEach((share, index) => {
        expect(Math.abs(toNumber(share) - (shares[index] as number))).toBeLessThanOrEqual(tol)
      })
  })

  it('coinbase: alpha goes in by price', () => {
    const { emission, tao, alpha, moving_price, alpha_in_after } = given<
      Record<string, number[]> & { emission: number }
    >('coinbase.alpha_in_by_price')
    const averages = (moving_price as number[]).map((price) => BigInt(price) * oneQ64)
    const shares = emissionPolicies.priceEma.shares(averages.map((priceEmaQ64) => ({ ...quiet, priceEmaQ64 })))
    const schedule = { cap: 21_000_000_000_000_000n, base: 1_000_000_000n }
    // Nothing but the price bounds what goes in: all stake is on the root, and an injection may be as large as the pool.
    const rules = {
      koin: schedule,
      alpha: schedule,
      periodSeconds: 1n,
      rootWeight: wad,
      policy: emissionPolicies.priceEma,
      injectionBps: 10_000n,
    }
    const opening = { from: 0n, end: 1n, koinIssued: BigInt(emission), rootStake: 1n << 90n }
    const after = shares.map((shareQ64, netuid) => {
      const pool = {
        alpha: BigInt((alpha as number[])[netuid] as number),
        koin: BigInt((tao as number[])[netuid] as number),
        weightKoin: wad / 2n,
      }
      const entry = { netuid, average: poolPrice(pool), capital: 0n, shareQ64 }
      const subnet = { pool, minted: pool.alpha, ownerBps: 1_800, minersBps: 4_100, validatorsBps: 4_100 }
      return Number(pool.alpha + issueOfEntry(rules, opening, entry, subnet).alphaIn)
    })
    expect(after).toEqual(alpha_in_after)
  })

  it('coinbase: root proportion', () => {
    const { root_tao, tao_weight_u64, alpha_issuance, expected, tol } = given<{
      root_tao: string
      tao_weight_u64: string
      alpha_issuance: string
      expected: number
      tol: number
    }>('coinbase.root_proportion')
    const proportion = rootProportionQ64(BigInt(root_tao), BigInt(tao_weight_u64), BigInt(alpha_issuance))
    expect(Math.abs(toNumber(proportion) - expected)).toBeLessThanOrEqual(tol)
  })

  it('burn: doubled by a registration, then one block of decay', () => {
    const { burn, mult, half_life, after_registration, next_block } = given<{
      burn: number
      mult: number
      half_life: number
      after_registration: number
      next_block: number
    }>('burn.bump_and_decay')
    const rules = {
      bumpBps: BigInt(mult) * 10_000n,
      halfLifeSeconds: BigInt(half_life),
      decayQ32: decayFactorQ32(BigInt(half_life)),
      minimum: 1n,
      maximum: 1n << 100n,
    }
    const bumped = burnPriceBumped(rules, BigInt(burn))
    expect(bumped).toBe(BigInt(after_registration))
    expect(burnPriceAfter(rules, bumped, 1n)).toBe(BigInt(next_block))
    // The factor that the chain has for its default of 360 blocks.
    expect(decayFactorQ32(360n)).toBe(4_286_705_684n)
  })

  it('lock: e^-x', () => {
    const { cases, tol } = given<{ cases: [number, number, number][]; tol: number }>('lock.exp_decay')
    for (const [seconds, tau, expected] of cases) {
      expect(Math.abs(toNumber(decayQ64(BigInt(seconds), BigInt(tau))) - expected)).toBeLessThanOrEqual(tol)
    }
  })
})
