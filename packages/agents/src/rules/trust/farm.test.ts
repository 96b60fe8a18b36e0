import { describe, expect, it } from 'vitest'
import { farmEffect } from './farm-effect.test-fixture.ts'
import { type FarmStrategy, type FarmWorldOptions, farmWorld, revenueOf } from './farm-world.test-fixture.ts'

/** Show 6 of machine payments: nine fakes for each honest reviewer. */
const crowd: FarmWorldOptions = {
  seed: 'show 6',
  reviewers: 1_000,
  agents: 50,
  fakes: 9_000,
  purchases: 5,
  seeds: 'stake',
  isLinked: false,
  budgetAtomic: 0n,
}
const fivePercent = 50_000
const fivePercentOfPlaces = 51 * 0.05
const allMoney = (options: FarmWorldOptions) =>
  farmWorld(options, 'praise').before.payments.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n)
const rivalMoney = (options: FarmWorldOptions) => {
  const { before, rival } = farmWorld(options, 'praise')
  return revenueOf(before, before.agents.find(({ agentId }) => agentId === rival)?.wallet ?? '0x')
}

describe.each(['reader', 'stake'] as const)(
  'a farm of 9,000 fakes among 1,000 honest reviewers, seeded by %s',
  (seeds) => {
    it.each(['praise', 'defame', 'ring'] satisfies FarmStrategy[])(
      'moves nothing by %s without money that stays away',
      (strategy) => {
        for (const isLinked of [false, true]) {
          expect(farmEffect(farmWorld({ ...crowd, seeds, isLinked }, strategy))).toMatchObject({
            mostMicro: 0,
            ownScoreMicro: 0,
            ownPlaces: 0,
            rivalPlaces: 0,
          })
        }
      },
    )

    it('moves a rival by less than 5 % for a tenth of what the rival earned', () => {
      const options = { ...crowd, seeds }
      const effect = farmEffect(farmWorld({ ...options, budgetAtomic: rivalMoney(options) / 10n }, 'buyAndDefame'))
      expect(-effect.rivalScoreMicro).toBeLessThan(fivePercent)
      expect(Math.abs(effect.rivalPlaces)).toBeLessThan(fivePercentOfPlaces)
    })

    it('moves its own agent by less than 5 % for a thousandth of what the whole market earned', () => {
      const options = { ...crowd, seeds }
      const effect = farmEffect(farmWorld({ ...options, budgetAtomic: allMoney(options) / 1_000n }, 'buyAndPraise'))
      expect(effect.ownScoreMicro).toBeLessThan(fivePercent)
      expect(Math.abs(effect.ownPlaces)).toBeLessThan(fivePercentOfPlaces)
      expect(effect.mostMicro).toBeLessThan(fivePercent)
    })
  },
)

it('buys influence like anybody else when it pays like a whole market', () => {
  const options = { ...crowd, reviewers: 200, fakes: 1_800, agents: 20 }
  const effect = farmEffect(farmWorld({ ...options, budgetAtomic: allMoney(options) / 10n }, 'buyAndPraise'))
  expect(effect.ownScoreMicro).toBeGreaterThan(fivePercent)
})
