/** What agents' own files say and what checks of them came to: asked in the background, a few at a time, and kept for a while. */
import { inspectAgent, type ListingCheck, type ResolveOptions, resolveAgent } from '@koinon/agents/client'
import type { RegistrationFile } from '@koinon/agents/rules'
import { type Clock, isKoinonError, sleep } from '@koinon/base'
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

const keepsMs = { file: 600_000, whole: 120_000 }
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
  readonly #looking = new Map<string, Promise<unknown>>()
  #wholeLooks = 0

  constructor(view: LedgerView, clock: Clock) {
    this.#view = view
    this.#clock = clock
  }

  seen(agentId: string): SeenAgent | undefined {
    return this.#seen.get(agentId)
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

  #isFresh(agentId: string, uri: string, isWhole: boolean): boolean {
    const seen = this.#seen.get(agentId)
    if (seen === undefined || seen.uri !== uri || (isWhole && !seen.isWhole)) return false
    return this.#clock.nowMs() - seen.atMs < (isWhole ? keepsMs.whole : keepsMs.file)
  }

  /** Never throws: a look that fails leaves what was known. */
  async #look(agentId: string, uri: string, isWhole: boolean): Promise<void> {
    const key = `${agentId} ${isWhole}`
    const other = this.#looking.get(key)
    if (other !== undefined) return void (await other)
    const options = { ...listingOptions(this.#view.network), timeoutMs: fetchTimeoutMs }
    const look = (isWhole ? inspectAgent : resolveAgent)(this.#view, BigInt(agentId), options)
      .then(({ file, checks }) => this.#keep(agentId, { atMs: this.#clock.nowMs(), uri, file, checks, isWhole }))
      .catch((error: unknown) => {
        if (!isKoinonError(error)) throw error
      })
      .finally(() => this.#looking.delete(key))
    this.#looking.set(key, look)
    await look.catch(() => undefined)
  }

  #keep(agentId: string, seen: SeenAgent): void {
    this.#seen.delete(agentId)
    this.#seen.set(agentId, seen)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > mostKept && oldest !== undefined) this.#seen.delete(oldest)
  }
}

/** Waits for work that goes on without us, for so long at most. */
async function within(work: Promise<unknown>, patienceMs: number): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, sleep(patienceMs, done.signal)])
  done.abort()
}
