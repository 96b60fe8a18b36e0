/** Where rounds of a timekeeper come from: relays over HTTP, each answer verified (specs/0018-timelock.md section 1). */
import { isKoinonError, KoinonError } from '@koinon/base'
import {
  type RoundChain,
  roundChainHash,
  roundFromJson,
  roundPublishedAtSeconds,
  type VerifiedRound,
  verifyRound,
} from '../rules/timelock/index.ts'

/**
 * Publishes a signature at each moment, its round, and never before: what was sealed to that moment opens with it. drand calls such a thing a
 * beacon, and so do the network file and `--beacon`; the beacon of an epoch is another thing, a number that the ledger draws.
 */
export type Timekeeper = {
  readonly chain: RoundChain
  /** Unix seconds of the clock by which the timekeeper publishes. */
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

export type HttpTimekeeperOptions = {
  readonly chain: RoundChain
  /** Origins, with a path prefix where needed; asked in this order until one gives the round. */
  readonly relays: readonly string[]
  /** Unix seconds of the clock by which the timekeeper publishes: of drand everybody's own, of a local timekeeper the ledger's. */
  readonly nowSeconds: () => Promise<number>
  /** For each relay. */
  readonly timeoutMs: number
}

const maximumAnswerBytes = 4_096

/** A timekeeper behind relays of drand, or one home's local timekeeper behind its URL. No relay is trusted. */
export function createHttpTimekeeper({ chain, relays, nowSeconds, timeoutMs }: HttpTimekeeperOptions): Timekeeper {
  const chainHash = roundChainHash(chain).slice(2)
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
        message: `No relay gave round ${round} of timekeeper ${chain.beaconId} (${problems.join('; ')})`,
        hint: 'Check the connection to the internet; the round stays available, so opening can be tried again.',
        retry: 'later',
      })
    },
  }
}

/** Throws `subnets/beacon-too-early` while a round is still to come. */
export function requirePublished(chain: RoundChain, round: number, nowSeconds: number): void {
  const publishedAt = roundPublishedAtSeconds(chain, round)
  if (nowSeconds >= publishedAt) return
  throw new KoinonError({
    code: 'subnets/beacon-too-early',
    message: `Round ${round} of timekeeper ${chain.beaconId} is published in ${publishedAt - nowSeconds} s`,
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
