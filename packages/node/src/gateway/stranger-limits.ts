/** How often strangers may ask this gateway for what nobody pays for. */
import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, ipNetworksOf, isLoopbackHost } from '@koinon/base/node'
import { RateLimiter } from '@koinon/inference/client'

/** Requests a minute: of one address (IPv6: its first 64 bits), and of all or of a wider network (IPv6: 48 bits, IPv4: 24). */
export type StrangerLimits = {
  readonly perNetwork: number
  readonly ofAll?: number
  readonly perWiderNetwork?: number
}

/** For what its page shows: each look costs reads of the ledger and the index. */
export const pageLimits: StrangerLimits = { perNetwork: 240, ofAll: 600 }
/**
 * For the books of agents and quotes, in memory. A provider that waits for jobs asks twice a second. Nothing is counted of all together: who
 * used it up in the last minute of an auction would keep the others' bids away.
 */
export const bookLimits: StrangerLimits = { perNetwork: 600, perWiderNetwork: 1_800 }

const keptNetworks = 10_000

/** Counts a request from an address; this machine's own are free. Throws `api/rate-limited` (429). */
export function createStrangerLimits(clock: Clock, limits: StrangerLimits): (address: string | undefined) => void {
  const { perNetwork, perWiderNetwork, ofAll } = limits
  const limiterOf = (requestsPerMinute: number) => new RateLimiter({ requestsPerMinute, maximumKeys: keptNetworks })
  const rates: readonly (readonly [RateLimiter, keyOf: (address: string) => string])[] = [
    [limiterOf(perNetwork), ipNetworkOf] as const,
    ...(perWiderNetwork === undefined ? [] : [[limiterOf(perWiderNetwork), widerNetworkOf] as const]),
    ...(ofAll === undefined ? [] : [[limiterOf(ofAll), () => 'all'] as const]),
  ]
  return (address = 'unknown') => {
    if (isLoopbackHost(ipNetworkOf(address)) || address === '::1') return
    const nowMs = clock.nowMs()
    for (const [rate, keyOf] of rates) {
      const { isAllowed, resetSeconds } = rate.take(keyOf(address), nowMs)
      if (!isAllowed) throw tooOften(resetSeconds)
    }
  }
}

function widerNetworkOf(address: string): string {
  return ipNetworksOf(address)[1] ?? address
}

function tooOften(resetSeconds: number): KoinonError {
  return new KoinonError({
    code: 'api/rate-limited',
    message: 'This gateway is asked too often',
    hint: `Wait ${resetSeconds} s and try again.`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds: resetSeconds },
  })
}
