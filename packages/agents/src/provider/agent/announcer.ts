import { type Address, type Clock, secretKeyToAddress, sleep } from '@koinon/base'
import { type AgentContent, recordLifetimeMs, signAgentRecord } from '../../rules/almanac.ts'

export type AgentAnnouncerOptions = {
  /** Origin of the gateway whose book it is. */
  readonly gatewayUrl: string
  readonly chainId: number
  readonly secretKey: Uint8Array
  readonly content: () => AgentContent
  readonly clock: Clock
  readonly fetch?: typeof fetch
  /** 10 minutes unless given; a third of it passes between two records. */
  readonly lifetimeMs?: number
  /** Hears of each attempt. */
  readonly onAttempt?: (problem: string | undefined) => void
}

const requestTimeoutMs = 10_000

/** Keeps an agent in a gateway's book: a fresh record well before the last one expires, and sooner after a failure. */
export class AgentAnnouncer {
  readonly #options: AgentAnnouncerOptions
  readonly #account: Address
  readonly #stopping = new AbortController()
  #loop: Promise<void> | undefined

  constructor(options: AgentAnnouncerOptions) {
    this.#options = options
    this.#account = secretKeyToAddress(options.secretKey)
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** The record stays in the book until it expires. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { lifetimeMs = 600_000, onAttempt } = this.#options
    const life = Math.min(lifetimeMs, recordLifetimeMs)
    while (!this.#stopping.signal.aborted) {
      const problem = await this.#announce(life).catch((error: Error) => error.message)
      onAttempt?.(problem)
      await sleep(problem === undefined ? life / 3 : Math.min(life / 10, 30_000), this.#stopping.signal)
    }
  }

  async #announce(lifeMs: number): Promise<string | undefined> {
    const { gatewayUrl, chainId, secretKey, content, clock, fetch = globalThis.fetch } = this.#options
    const issuedAtMs = clock.nowMs()
    const record = signAgentRecord(secretKey, {
      chainId,
      account: this.#account,
      content: content(),
      issuedAtMs,
      expiresAtMs: issuedAtMs + lifeMs,
    })
    const response = await fetch(`${gatewayUrl}/v1/agents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(record),
      redirect: 'error',
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(requestTimeoutMs)]),
    })
    await response.body?.cancel()
    return response.ok ? undefined : `The book answered with status ${response.status}`
  }
}
