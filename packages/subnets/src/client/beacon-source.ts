/** Where rounds of a beacon come from: relays over HTTP, each answer verified (specs/0018-timelock.md section 1). */
import { isKoinonError, KoinonError } from '@koinon/base'
import {
  type BeaconChain,
  beaconChainHash,
  roundFromJson,
  roundPublishedAtSeconds,
  type VerifiedRound,
  verifyRound,
} from '../rules/timelock/index.ts'

export type BeaconSource = {
  readonly chain: BeaconChain
  /** Unix seconds of the clock by which the beacon publishes. */
  nowSeconds(): Promise<number>
  /** Throws `subnets/beacon-too-early` before the round is published and `subnets/beacon-unreachable`. */
  round(round: number): Promise<VerifiedRound>
}

/** Independent relays of quicknet. */
export const quicknetRelays: readonly string[] = [
  'https://api.drand.sh',
  'https://drand.cloudflare.com',
  'https://api2.drand.sh',
  'https://api3.drand.sh',
]

export type HttpBeaconOptions = {
  readonly chain: BeaconChain
  /** Origins, with a path prefix where needed; asked in this order until one gives the round. */
  readonly relays: readonly string[]
  /** Unix seconds of the clock by which the beacon publishes: of drand everybody's own, of a local beacon the ledger's. */
  readonly nowSeconds: () => Promise<number>
  /** For each relay. */
  readonly timeoutMs: number
}

const maximumAnswerBytes = 4_096

/** A beacon behind relays of drand, or one home's local beacon behind its URL. No relay is trusted. */
export function createHttpBeacon({ chain, relays, nowSeconds, timeoutMs }: HttpBeaconOptions): BeaconSource {
  const chainHash = beaconChainHash(chain).slice(2)
  return {
    chain,
    nowSeconds,
    async round(round) {
      requirePublished(chain, round, await nowSeconds())
      const problems: string[] = []
      for (const relay of relays) {
        try {
          const answer = await getJson(`${relay.replace(/\/$/, '')}/${chainHash}/public/${round}`, timeoutMs)
          const given = roundFromJson(answer)
          if (given?.round === round) return verifyRound(chain, given)
          problems.push(`${relay}: not that round`)
        } catch (error) {
          problems.push(`${relay}: ${isKoinonError(error) ? error.code : (error as Error).message}`)
        }
      }
      throw new KoinonError({
        code: 'subnets/beacon-unreachable',
        message: `No relay gave round ${round} of beacon ${chain.beaconId} (${problems.join('; ')})`,
        hint: 'Check the connection to the internet; the round stays available, so opening can be tried again.',
        retry: 'later',
      })
    },
  }
}

/** Throws `subnets/beacon-too-early` while a round is still to come. */
export function requirePublished(chain: BeaconChain, round: number, nowSeconds: number): void {
  const publishedAt = roundPublishedAtSeconds(chain, round)
  if (nowSeconds >= publishedAt) return
  throw new KoinonError({
    code: 'subnets/beacon-too-early',
    message: `Round ${round} of beacon ${chain.beaconId} is published in ${publishedAt - nowSeconds} s`,
    hint: 'Try again then.',
    retry: 'later',
  })
}

async function getJson(url: string, timeoutMs: number): Promise<unknown> {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > maximumAnswerBytes) throw new Error('the answer is too long')
  }
  return JSON.parse(text)
}
