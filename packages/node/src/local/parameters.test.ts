import { expect, it } from 'vitest'
import { networkParametersFor, shortestEpochSeconds, subnetFor } from './parameters.ts'

it.each([undefined, shortestEpochSeconds, 60, 61, 600, 86_400])(
  'gives a network whose epochs last %s s an unbonding that outlasts results of its subnets',
  (named) => {
    for (const [kind, blockSeconds] of [
      ['embedded', 0],
      ['external', 0],
      ['external', 12],
      ['external', 600],
    ] as const) {
      const { epochSeconds, activationDelaySeconds } = subnetFor(blockSeconds, named)
      const { unbondingSeconds } = networkParametersFor(kind, named)
      expect(Number(unbondingSeconds)).toBeGreaterThanOrEqual(2 * epochSeconds + activationDelaySeconds)
    }
  },
)

it('lets stake of the default network go after five minutes', () => {
  expect(networkParametersFor('embedded').unbondingSeconds).toBe(300n)
})
