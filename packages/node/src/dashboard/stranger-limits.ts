/** How often strangers may ask this gateway for what nobody pays for. */
import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackHost } from '@koinon/base/node'
import { RateLimiter } from '@koinon/inference/client'

/** Requests a minute. */
export type StrangerLimits = { readonly perNetwork: number; readonly ofAll: number }

/** For what its page shows: each look costs reads of the ledger and the index. */
export const pageLimits: StrangerLimits = { perNetwork: 240, ofAll: 600 }
/** For the books of agents and quotes, in memory. A provider that waits for jobs asks twice a second. */
export const bookLimits: StrangerLimits = { perNetwork: 600, ofAll: 3_000 }

const keptNetworks = 10_000

/** Counts a request from an address; this machine's own are free. Throws `api/rate-limited` (429). */
export function createStrangerLimits(clock: Clock, limits: StrangerLimits): (address: string | undefined) => void {
  const own = new RateLimiter({ requestsPerMinute: limits.perNetwork, maximumKeys: keptNetworks })
  const all = new RateLimiter({ requestsPerMinute: limits.ofAll })
  return (address = 'unknown') => {
    const network = ipNetworkOf(address)
    if (isLoopbackHost(network) || address === '::1') return
    const nowMs = clock.nowMs()
    for (const rate of [() => own.take(network, nowMs), () => all.take('all', nowMs)]) {
      const { isAllowed, resetSeconds } = rate()
      if (!isAllowed) throw tooOften(resetSeconds)
    }
  }
}

function tooOften(resetSeconds: number): KoinonError {
  return new KoinonError({
    code: 'api/rate-limited',
    message: 'This gateway is asked too often',
    hint: `Wait ${resetSeconds} s and try again; "koinon" reads the ledger by itself.`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds: resetSeconds },
  })
}
