import { expect, it } from 'vitest'
import { ProviderPatience } from './provider-patience.ts'

const provider = `0x${'01'.repeat(20)}` as const

it('rests twice as long after each failure up to a bound, counts those of one moment once, and takes an answer for half of them', () => {
  const patience = new ProviderPatience()
  const restsOf = (nowMs: number): number => {
    let restMs = 0
    while (patience.isResting(provider, nowMs + restMs)) restMs += 1_000
    return restMs
  }
  let nowMs = 1_000_000
  expect([restsOf(nowMs), patience.isProven(provider)]).toEqual([0, false])
  for (const restMs of [15_000, 30_000, 60_000, 100_000, 100_000]) {
    for (let job = 0; job < 8; job++) patience.failed(provider, nowMs, 100_000)
    expect(restsOf(nowMs)).toBe(restMs)
    nowMs += restMs
  }
  const isProven = [1, 2, 3].map(() => {
    patience.served(provider)
    return patience.isProven(provider)
  })
  expect(isProven).toEqual([false, false, true])
  patience.failed(provider, nowMs, 100_000)
  patience.served(provider)
  expect([restsOf(nowMs), patience.isProven(provider)]).toEqual([15_000, true])
})
