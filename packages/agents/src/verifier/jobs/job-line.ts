import type { Address } from '@koinon/base'

/** A job and its provider. */
export type WaitingJob = readonly [jobId: bigint, provider: Address]

const placesOfEach = 32
const placesOfProvider = 8

/**
 * Whose turn it is: 32 of providers that served before and 32 of others, 8 of each at most, in the order of the line, and behind the others
 * what rests. So neither an account with many jobs nor those that are known keep a newcomer away.
 */
export function nextInLine(
  waiting: readonly WaitingJob[],
  isProven: (provider: Address) => boolean,
  isResting: (provider: Address) => boolean,
): readonly WaitingJob[] {
  const taken = new Map<Address, number>()
  const few = waiting.filter(([, provider]) => {
    const count = (taken.get(provider) ?? 0) + 1
    taken.set(provider, count)
    return count <= placesOfProvider
  })
  const proven = few.filter(([, provider]) => isProven(provider))
  const unproven = few.filter(([, provider]) => !isProven(provider))
  const isAwake = ([, provider]: WaitingJob): boolean => !isResting(provider)
  const others = [...unproven.filter(isAwake), ...unproven.filter((job) => !isAwake(job))]
  return [...proven.slice(0, placesOfEach), ...others.slice(0, placesOfEach)]
}
