/** How often strangers may look at what this gateway computes for its page: each look costs it reads of the ledger and the index. */
import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackHost } from '@koinon/base/node'
import { RateLimiter } from '@koinon/inference/client'

const looksPerMinute = 240
const looksOfAllPerMinute = 600
const keptNetworks = 10_000

/** Counts a look from an address; this machine's own are free. Throws `api/rate-limited` (429). */
export function createViewLimits(clock: Clock): (address: string | undefined) => void {
  const own = new RateLimiter({ requestsPerMinute: looksPerMinute, maximumKeys: keptNetworks })
  const all = new RateLimiter({ requestsPerMinute: looksOfAllPerMinute })
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
    message: 'This gateway is asked for its pages too often',
    hint: `Wait ${resetSeconds} s and try again; "koinon" reads the ledger by itself.`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds: resetSeconds },
  })
}
