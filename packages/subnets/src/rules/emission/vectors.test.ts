import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { convictionAfter } from '../conviction-math.ts'
import { expQ64, powerQ64 } from '../fixed/q64.ts'
import { burnPriceAfter, burnPriceBumped, decayFactorQ32, lockPriceAfter } from '../prices.ts'
import { flowEmaAfter, keptCapital } from './averages.ts'
import { rootProportionQ64 } from './coinbase.ts'
import { taoflow } from './flow.ts'
import { emissionRate, issuedOver } from './halving.ts'
import { hillGate } from './hill-gate.ts'
import { emissionPolicies } from './policies.ts'
import { userCapital } from './user-capital.ts'

// specs/vectors/emission.json: inputs and what followed from them; contracts/test/subnets reads the same file.
type Columns<name extends string> = Readonly<Record<name, readonly string[]>>
type Row<name extends string> = Readonly<Record<name, bigint>>
const vectors = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/emission.json', import.meta.url), 'utf8'),
) as {
  q64: { exp: Columns<'x' | 'y'>; power: Columns<'base' | 'exponent' | 'power'> }
  halving: Columns<'cap' | 'base' | 'issuance' | 'seconds' | 'rate' | 'issued'>
  flowEma: Columns<'ema' | 'flow' | 'elapsed' | 'keep' | 'after'>
  keptCapital: Columns<'before' | 'heldBefore' | 'held' | 'protocolFlow' | 'elapsed' | 'average' | 'capital'>
  policyHashes: Record<string, string>
  policies: ({ label: string; shares: Record<string, string[]> } & Columns<
    'eligible' | 'priceEmaQ64' | 'userFlowEma' | 'protocolCostEma' | 'revenue' | 'minerBurnedQ64' | 'capital'
  >)[]
  rootProportion: Columns<'rootStake' | 'weight' | 'issuance' | 'proportion'>
  burn: Columns<'halfLife' | 'decay' | 'bump' | 'minimum' | 'maximum' | 'price' | 'seconds' | 'after' | 'bumped'>
  lockPrice: Columns<'interval' | 'minimum' | 'last' | 'seconds' | 'price'>
  conviction: Columns<'locked' | 'conviction' | 'seconds' | 'tau' | 'decays' | 'lockedAfter' | 'convictionAfter'>
}
function rows<name extends string>(columns: Columns<name>): Row<name>[] {
  const names = Object.keys(columns) as name[]
  const [first] = names
  return (columns[first as name] as readonly string[]).map(
    (_, index) => Object.fromEntries(names.map((name) => [name, BigInt(columns[name][index] as string)])) as Row<name>,
  )
}

describe('specs/vectors/emission.json', () => {
  it('q64', () => {
    for (const { x, y } of rows(vectors.q64.exp)) expect(expQ64(x)).toBe(y)
    for (const { base, exponent, power } of rows(vectors.q64.power)) expect(powerQ64(base, exponent)).toBe(power)
  })

  it('halving', () => {
    for (const { cap, base, issuance, seconds, rate, issued } of rows(vectors.halving)) {
      expect(emissionRate({ cap, base }, issuance)).toBe(rate)
      expect(issuedOver({ cap, base }, issuance, seconds)).toBe(issued)
    }
  })

  it('moving averages', () => {
    for (const { ema, flow, elapsed, keep, after } of rows(vectors.flowEma)) {
      expect(flowEmaAfter({ ema, flow, elapsedSeconds: elapsed, keepQ64: keep })).toBe(after)
    }
    for (const { elapsed, average, capital, ...input } of rows(vectors.keptCapital)) {
      expect(keptCapital({ ...input, elapsedSeconds: elapsed })).toEqual({ average, capital })
    }
  })

  const policies = {
    ...emissionPolicies,
    taoflowHalf: taoflow({ cutoff: 0n, powerHalves: 1 }),
    taoflowSquareCutoff: taoflow({ cutoff: -1000n, powerHalves: 4 }),
    taoflowFiveHalves: taoflow({ cutoff: 0n, powerHalves: 5 }),
    hillGateWide: hillGate({ steepness: 1, demandPercent: 90 }),
    hillGateSteep: hillGate({ steepness: 4, demandPercent: 75 }),
    userCapitalUnbounded: userCapital(0n),
  }

  it.each(vectors.policies)('policies: $label', (set) => {
    const { eligible, priceEmaQ64, userFlowEma, protocolCostEma, revenue, minerBurnedQ64, capital } = set
    const signals = rows({ eligible, priceEmaQ64, userFlowEma, protocolCostEma, revenue, minerBurnedQ64, capital }).map(
      ({ eligible: flag, ...rest }) => ({ eligible: flag === 1n, ...rest }),
    )
    expect(Object.keys(set.shares)).toEqual(Object.keys(policies))
    for (const [name, policy] of Object.entries(policies)) {
      expect(policy.shares(signals).map(String)).toEqual(set.shares[name])
    }
  })

  it('spec hashes', () => {
    const hashes = Object.entries(emissionPolicies).map(([name, { specHash }]) => [name, specHash])
    expect(Object.fromEntries(hashes)).toEqual(vectors.policyHashes)
  })

  it('root proportion', () => {
    for (const { rootStake, weight, issuance, proportion } of rows(vectors.rootProportion)) {
      expect(rootProportionQ64(rootStake, weight, issuance)).toBe(proportion)
    }
  })

  it('prices of seats and locks', () => {
    for (const { halfLife, decay, bump, minimum, maximum, price, seconds, after, bumped } of rows(vectors.burn)) {
      expect(decayFactorQ32(halfLife)).toBe(decay)
      const rules = { bumpBps: bump, halfLifeSeconds: halfLife, decayQ32: decay, minimum, maximum }
      expect(burnPriceAfter(rules, price, seconds)).toBe(after)
      expect(burnPriceBumped(rules, price)).toBe(bumped)
    }
    for (const { interval, minimum, last, seconds, price } of rows(vectors.lockPrice)) {
      expect(lockPriceAfter({ intervalSeconds: interval, minimum }, last, seconds)).toBe(price)
    }
  })

  it('conviction', () => {
    for (const row of rows(vectors.conviction)) {
      const lock = { seconds: row.seconds, tauSeconds: row.tau, decays: row.decays === 1n }
      expect(convictionAfter({ locked: row.locked, conviction: row.conviction }, lock)).toEqual({
        locked: row.lockedAfter,
        conviction: row.convictionAfter,
      })
    }
  })
})
