import { type Address, bytesToHex, sha256, utf8ToBytes } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leastShareForRise } from './price-of-rise.ts'
import { defaultTrustParameters, neutralMicro, type TrustInput, type TrustParameters } from './trust-input.ts'
import { trustScores } from './trust-scores.ts'

const at = (name: string): Address => bytesToHex(sha256(utf8ToBytes(name)).subarray(0, 20)) as Address
const sellers = ['A', 'B', 'C', 'D']
const honestAtomic = 1_000_000_000_000n

/** Ten honest customers of every seller, one of them the reader; fakes have a share of each seller's money and praise their own agent. */
function farm(shareMicro: number, fakes: number, selfAtomic: bigint): TrustInput {
  // share = farm / (farm + honest), rounded down to what the farm can have.
  const farmAtomic = (10n * honestAtomic * BigInt(shareMicro)) / BigInt(1_000_000 - shareMicro)
  const honest = Array.from({ length: 10 }, (_, index) => (index === 0 ? 'reader' : `honest ${index}`))
  const fake = Array.from({ length: fakes }, (_, index) => `fake ${index}`)
  return {
    agents: [...sellers, 'F'].map((name) => ({ agentId: name, wallet: at(name), owner: at(`${name} owner`) })),
    payments: [
      ...sellers.flatMap((seller) => [
        ...honest.map((name) => ({ payer: at(name), payee: at(seller), amountAtomic: honestAtomic })),
        ...fake.map((name) => ({ payer: at(name), payee: at(seller), amountAtomic: farmAtomic / BigInt(fakes) })),
      ]),
      ...fake.map((name) => ({ payer: at(name), payee: at('F'), amountAtomic: selfAtomic })),
    ],
    fundings: [],
    ratings: fake.map((name) => ({ reviewer: at(name), agentId: 'F', valueMicro: 1_000_000 })),
    seeds: [{ account: at('reader'), weight: 1n }],
  }
}
const riseOf = (input: TrustInput, parameters: TrustParameters) => {
  const found = trustScores(input, parameters).find(({ agentId }) => agentId === 'F')
  return ((found?.scoreMicro ?? 0) - neutralMicro) * (1_000_000 / neutralMicro)
}

describe('the price of a rise', () => {
  it('is what section 6 says', () => {
    expect(
      [50_000, 100_000, 200_000, 1_000_000].map((rise) => leastShareForRise(rise, defaultTrustParameters)),
    ).toEqual([4_334, 4_897, 6_153, 34_285])
  })

  it('bounds every farm, of one fake or of many, that buys for good as well', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 900_000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1_000, max: 50_000 }),
        fc.bigInt({ min: 10_000n, max: 10n ** 15n }),
        (rise, rounds, fakes, priorMicro, selfAtomic) => {
          const parameters = { ...defaultTrustParameters, rounds, priorMicro }
          const share = Math.min(leastShareForRise(rise, parameters), 900_000)
          expect(riseOf(farm(share, fakes, selfAtomic), parameters)).toBeLessThanOrEqual(rise + 2)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is not far above: a farm that keeps nothing back and pays twice as much gets there', () => {
    const share = leastShareForRise(50_000, defaultTrustParameters)
    expect(riseOf(farm(3 * share, 5, 10_000n), defaultTrustParameters)).toBeGreaterThan(50_000)
  })
})
