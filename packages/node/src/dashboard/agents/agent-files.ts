/** What agents' own files say and what checks of them came to: asked in the background, a few at a time, and kept for a while. */
import { inspectAgent, type ListingCheck, type ResolveOptions, resolveAgent } from '@koinon/agents/client'
import type { RegistrationFile } from '@koinon/agents/rules'
import { type Clock, sleep } from '@koinon/base'
import type { LedgerView, NetworkFile } from '@koinon/ledger'
import { isOneMachine } from '../../home/one-machine.ts'

export type SeenAgent = {
  readonly atMs: number
  /** The address of the file when it was looked at. */
  readonly uri: string
  readonly file: RegistrationFile | undefined
  readonly checks: readonly ListingCheck[]
  /** Its services were asked too. */
  readonly isWhole: boolean
}

const keepsMs = { file: 600_000, whole: 120_000, failed: 30_000 }
const looksAtOnce = 8
const wholeLooksAtOnce = 4
const mostKept = 500
const fetchTimeoutMs = 5_000

/** Strangers' addresses are asked only where they are public, but on a network that is wholly on this machine its agents are too. */
export function listingOptions(network: NetworkFile): ResolveOptions {
  const { gatewayUrl } = network
  return {
    allowPrivate: isOneMachine(network),
    contentGateways: gatewayUrl === undefined ? [] : [gatewayUrl.replace(/\/$/, '')],
  }
}

/** Nobody can make it ask a stranger's address more than once in ten minutes, its services in two. */
export class AgentFiles {
  readonly #view: LedgerView
  readonly #clock: Clock
  readonly #seen = new Map<string, SeenAgent>()
  /** Looks that came to nothing, by agent and kind. */
  readonly #failed = new Map<string, { readonly atMs: number; readonly uri: string }>()
  readonly #looking = new Map<string, Promise<unknown>>()
  #wholeLooks = 0

  constructor(view: LedgerView, clock: Clock) {
    this.#view = view
    this.#clock = clock
  }

  seen(agentId: string): SeenAgent | undefined {
    return this.#seen.get(agentId)
  }

  /** Whether a first look at the file is still to come to something: it has not, and did not fail either. */
  isUnread(agentId: string, uri: string): boolean {
    return !this.#seen.has(agentId) && this.#failed.get(lookOf(agentId, false))?.uri !== uri
  }

  /** Looks at the files that are not known or old, and waits for them for `patienceMs` at most. */
  async refresh(
    agents: readonly { readonly agentId: string; readonly uri: string }[],
    patienceMs: number,
  ): Promise<void> {
    const wanted = agents.filter(({ agentId, uri }) => !this.#isFresh(agentId, uri, false)).slice(0, mostKept)
    const work = wanted.values()
    const lines = Array.from({ length: Math.max(0, looksAtOnce - this.#looking.size) }, async () => {
      for (const { agentId, uri } of work) await this.#look(agentId, uri, false)
    })
    await within(Promise.all(lines), patienceMs)
  }

  /** Asks the services of one too. While too many others are asked, what is known stands. */
  async inspect(agentId: string, uri: string, patienceMs: number): Promise<SeenAgent | undefined> {
    if (!this.#isFresh(agentId, uri, true) && this.#wholeLooks < wholeLooksAtOnce) {
      this.#wholeLooks += 1
      const look = this.#look(agentId, uri, true).finally(() => {
        this.#wholeLooks -= 1
      })
      await within(look, patienceMs)
    }
    return this.#seen.get(agentId)
  }

  /** Whether it was looked at, or could not be, too short a while ago to look again. */
  #isFresh(agentId: string, uri: string, isWhole: boolean): boolean {
    const failed = this.#failed.get(lookOf(agentId, isWhole))
    if (failed?.uri === uri && this.#clock.nowMs() - failed.atMs < keepsMs.failed) return true
    const seen = this.#seen.get(agentId)
    if (seen === undefined || seen.uri !== uri || (isWhole && !seen.isWhole)) return false
    return this.#clock.nowMs() - seen.atMs < (isWhole ? keepsMs.whole : keepsMs.file)
  }

  /** Never throws: a look that fails leaves what was known, and rests. */
  async #look(agentId: string, uri: string, isWhole: boolean): Promise<void> {
    const key = lookOf(agentId, isWhole)
    const other = this.#looking.get(key)
    if (other !== undefined) return void (await other)
    const options = { ...listingOptions(this.#view.network), timeoutMs: fetchTimeoutMs }
    const look = (isWhole ? inspectAgent : resolveAgent)(this.#view, BigInt(agentId), options)
      .then(({ file, checks }) => {
        this.#failed.delete(key)
        keepLatest(this.#seen, agentId, { atMs: this.#clock.nowMs(), uri, file, checks, isWhole })
      })
      .catch(() => keepLatest(this.#failed, key, { atMs: this.#clock.nowMs(), uri }))
      .finally(() => this.#looking.delete(key))
    this.#looking.set(key, look)
    await look
  }
}

function lookOf(agentId: string, isWhole: boolean): string {
  return `${agentId} ${isWhole}`
}

function keepLatest<value>(kept: Map<string, value>, key: string, value: value): void {
  kept.delete(key)
  kept.set(key, value)
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
}

/** Waits for work that goes on without us, for so long at most. */
async function within(work: Promise<unknown>, patienceMs: number): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, sleep(patienceMs, done.signal)])
  done.abort()
}
