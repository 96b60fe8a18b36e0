/** "Check my listing" for whoever asks: a stranger's address, asked by this gateway, so seldom and only where it is public. */
import { checkAgent, checkListing, type ListingCheck } from '@koinon/agents/client'
import { parseAgentId } from '@koinon/agents/rules'
import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf } from '@koinon/base/node'
import { RateLimiter } from '@koinon/inference/client'
import type { LedgerView } from '@koinon/ledger'
import type { ListingJson } from '@koinon/work/dashboard'
import { listingCheckJson } from './agent-detail-json.ts'
import { listingOptions } from './agent-files.ts'

const checksPerMinute = 6
const checksOfAllPerMinute = 30
const checksAtOnce = 4
const keptNetworks = 10_000
const targetCharacters = 2_048
const fetchTimeoutMs = 6_000

export type Asker = {
  /** Of the other end of the connection. */
  readonly address: string | undefined
  /** It is this gateway's own page on this machine: only it has addresses of this machine asked. */
  readonly isOwnPage: boolean
}

/** Throws `api/rate-limited` (429), `api/listing-busy` (503), `api/bad-listing` (400), `agents/bad-agent-id`, `agents/no-agent`. */
export type ListingDesk = (target: unknown, asker: Asker) => Promise<ListingJson>

export function createListingDesk(view: LedgerView, clock: Clock): ListingDesk {
  const own = new RateLimiter({ requestsPerMinute: checksPerMinute, maximumKeys: keptNetworks })
  const all = new RateLimiter({ requestsPerMinute: checksOfAllPerMinute })
  const allowed = listingOptions(view.network)
  let running = 0

  const admit = ({ address = 'unknown', isOwnPage }: Asker): void => {
    const nowMs = clock.nowMs()
    // The owner's own looks take nothing from strangers'.
    const rates = isOwnPage ? [] : [() => own.take(ipNetworkOf(address), nowMs), () => all.take('all', nowMs)]
    for (const rate of rates) {
      const { isAllowed, resetSeconds } = rate()
      if (!isAllowed) throw tooOften(resetSeconds)
    }
    if (running >= checksAtOnce) throw busy()
  }

  return async (target, asker) => {
    if (typeof target !== 'string' || target.trim() === '' || target.length > targetCharacters) throw badTarget()
    const named = target.trim()
    admit(asker)
    const options = {
      ...allowed,
      allowPrivate: allowed.allowPrivate === true && asker.isOwnPage,
      timeoutMs: fetchTimeoutMs,
    }
    running += 1
    try {
      const checks: readonly ListingCheck[] = /^https?:/i.test(named)
        ? await checkListing(view, named, options)
        : await checkAgent(view, agentIdOf(view, named), options)
      return { target: named, atMs: clock.nowMs(), checks: checks.map(listingCheckJson) }
    } finally {
      running -= 1
    }
  }
}

function agentIdOf({ network }: LedgerView, text: string): bigint {
  return parseAgentId(text, { chainId: network.chainId, registry: network.contracts.identity }).agentId
}

function tooOften(retryAfterSeconds: number): KoinonError {
  return new KoinonError({
    code: 'api/rate-limited',
    message: 'This gateway is asked to check listings too often',
    hint: `Wait ${retryAfterSeconds} s, or check from your own machine: koinon agent check URL`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds },
  })
}

function busy(): KoinonError {
  return new KoinonError({
    code: 'api/listing-busy',
    message: `This gateway checks ${checksAtOnce} other listings right now`,
    hint: 'Try again in a few seconds, or check from your own machine: koinon agent check URL',
    retry: 'later',
    details: { status: 503 },
  })
}

function badTarget(): KoinonError {
  return new KoinonError({
    code: 'api/bad-listing',
    message: 'A listing is named by the number of an agent or by an address',
    hint: 'Write for example 3, or https://example.org',
    details: { status: 400 },
  })
}
