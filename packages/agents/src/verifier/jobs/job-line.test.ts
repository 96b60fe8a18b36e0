import type { Address } from '@koinon/base'
import { expect, it } from 'vitest'
import { nextInLine, type WaitingJob } from './job-line.ts'

const account = (name: number): Address => `0x${name.toString(16).padStart(40, '0')}`
const jobsOf = (name: number, count: number): readonly WaitingJob[] =>
  Array.from({ length: count }, (_, place) => [BigInt(1_000 * name + place), account(name)])

it('has places for a newcomer behind hundreds of jobs of providers that served before, and the other way round', () => {
  const many = Array.from({ length: 20 }, (_, place) => jobsOf(place + 2, 50)).flat()
  const newcomer = jobsOf(1, 1)
  for (const isNewcomerProven of [false, true]) {
    const isProven = (provider: Address): boolean => (provider === account(1)) === isNewcomerProven
    const line = nextInLine([...many, ...newcomer], isProven, () => false)
    expect(line).toContainEqual(newcomer[0])
    expect(line).toHaveLength(33)
    expect(line.filter(([, provider]) => provider === account(2))).toHaveLength(8)
  }
})

it('takes the oldest first', () => {
  expect(
    nextInLine(
      [...jobsOf(1, 9), ...jobsOf(2, 1)],
      () => false,
      () => false,
    ).map(([jobId]) => jobId),
  ).toEqual([...jobsOf(1, 8).map(([jobId]) => jobId), 2_000n])
})

it('has a place for a newcomer behind jobs whose providers rest, and what is left for those', () => {
  const resting = [2, 3, 4, 5].flatMap((name) => jobsOf(name, 100))
  const line = nextInLine(
    [...resting, ...jobsOf(1, 1)],
    () => false,
    (provider) => provider !== account(1),
  )
  expect(line[0]).toEqual([1_000n, account(1)])
  expect(line).toHaveLength(32)
})
