import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { type CoinbaseInput, type CoinbaseRules, rootProportionQ64, splitIssue } from './coinbase.ts'
import { exactShares } from './policy.ts'

const unit = 10n ** 18n
const schedule = { cap: 21_000_000n * unit, base: unit / 12n }
const rules: CoinbaseRules = {
  koin: schedule,
  token: schedule,
  rootWeightQ64: (oneQ64 * 18n) / 100n,
  ownerBps: 1800,
  minersBps: 4100,
  validatorsBps: 4100,
}
const amount = fc.bigInt(0n, (1n << 128n) - 1n)
const inputs: fc.Arbitrary<CoinbaseInput> = fc
  .record({
    seconds: fc.bigInt(0n, 10n ** 9n),
    koinIssuance: fc.bigInt(0n, 22_000_000n * unit),
    rootStake: amount,
    supplies: fc.array(
      fc.record({
        weight: fc.bigInt(0n, 1n << 64n),
        priceQ64: fc.oneof(amount, fc.bigInt(0n, 4n * oneQ64)),
        priceEmaQ64: fc.bigInt(0n, oneQ64),
        issuance: fc.bigInt(0n, 22_000_000n * unit),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ supplies, ...rest }) => {
    const shares = exactShares(supplies.map(({ weight }) => weight))
    return {
      ...rest,
      subnets: supplies.map((supply, index) => ({ ...supply, netuid: index + 1, shareQ64: shares[index] as bigint })),
    }
  })

describe('splitIssue', () => {
  it('has one place for every unit', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { koinIssued, recycledKoin, subnets } = splitIssue(rules, input)
        expect(subnets.reduce((sum, { koinIn, koinBuys }) => sum + koinIn + koinBuys, recycledKoin)).toBe(koinIssued)
        expect(recycledKoin >= 0n).toBe(true)
        subnets.forEach((subnet, index) => {
          const { owner, miners, validators, root, recycledTokens, tokensIssued } = subnet
          expect(owner + miners + validators + root + recycledTokens).toBe(tokensIssued)
          for (const value of Object.values(subnet)) expect(value >= 0).toBe(true)
          const { issuance } = input.subnets[index] as { issuance: bigint }
          expect(issuance > schedule.cap || issuance + tokensIssued + subnet.tokensIn <= schedule.cap).toBe(true)
        })
      }),
    )
  })

  it('injects at the price of the pool and no more than the root proportion', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        splitIssue(rules, input).subnets.forEach(({ koinIn, tokensIn, tokensIssued }, index) => {
          const { priceQ64, issuance } = input.subnets[index] as { priceQ64: bigint; issuance: bigint }
          expect(koinIn).toBe((tokensIn * priceQ64) >> 64n)
          const proportion = rootProportionQ64(input.rootStake, rules.rootWeightQ64, issuance)
          expect(tokensIn * oneQ64 <= proportion * tokensIssued).toBe(true)
        })
      }),
    )
  })

  const one = { netuid: 1, shareQ64: oneQ64, priceQ64: oneQ64, priceEmaQ64: oneQ64, issuance: 0n }
  const period = { seconds: 120n, koinIssuance: 0n, rootStake: 0n, subnets: [one] }

  it('buys with all of a share while nothing is staked on the root', () => {
    const { koinIssued, subnets } = splitIssue(rules, period)
    expect(subnets[0]).toMatchObject({ koinIn: 0n, tokensIn: 0n, koinBuys: koinIssued, root: 0n })
  })

  it('pays the root only while average prices sum to more than one', () => {
    const withRoot = { ...period, rootStake: 1_000_000n * unit, subnets: [{ ...one, issuance: 1_000_000n * unit }] }
    const quiet = splitIssue(rules, withRoot).subnets[0]
    const busy = splitIssue(rules, {
      ...withRoot,
      subnets: [{ ...one, ...withRoot.subnets[0], priceEmaQ64: oneQ64 + 1n }],
    }).subnets[0]
    expect(quiet?.root).toBe(0n)
    expect(busy?.root).toBe((quiet?.recycledTokens as bigint) - (busy?.recycledTokens as bigint))
    expect(busy?.root).toBeGreaterThan(0n)
    expect(busy?.validators).toBe(quiet?.validators)
  })

  it('recycles the share of a subnet without a price', () => {
    const { koinIssued, recycledKoin } = splitIssue(rules, { ...period, subnets: [{ ...one, priceQ64: 0n }] })
    expect(recycledKoin).toBe(koinIssued)
  })

  it('refuses parts and shares that do not add up', () => {
    expect(() => splitIssue({ ...rules, ownerBps: 1801 }, period)).toThrow(/10,000/)
    expect(() => splitIssue({ ...rules, ownerBps: -1, minersBps: 5901 }, period)).toThrow(/10,000/)
    expect(() => splitIssue(rules, { ...period, subnets: [one, { ...one, shareQ64: 1n }] })).toThrow(/too large/)
    expect(() => splitIssue(rules, { ...period, rootStake: -1n })).toThrow(/negative/)
  })
})
