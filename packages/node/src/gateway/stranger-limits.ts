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
  const own = new RateLimiter({ requestsPerMinute: limits.perNetwork, maximumKeys: keptNetworks })
  const { ofAll = Number.MAX_SAFE_INTEGER, perWiderNetwork = Number.MAX_SAFE_INTEGER } = limits
  const all = new RateLimiter({ requestsPerMinute: ofAll })
  const wider = new RateLimiter({ requestsPerMinute: perWiderNetwork, maximumKeys: keptNetworks })
  return (address = 'unknown') => {
    const network = ipNetworkOf(address)
    if (isLoopbackHost(network) || address === '::1') return
    const nowMs = clock.nowMs()
    const [, widerNetwork = network] = ipNetworksOf(address)
    const rates = [() => own.take(network, nowMs), () => wider.take(widerNetwork, nowMs), () => all.take('all', nowMs)]
    for (const rate of rates) {
      const { isAllowed, resetSeconds } = rate()
      if (!isAllowed) throw tooOften(resetSeconds)
    }
  }
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
