import { type Address, type Random, sleep } from '@koinon/base'
import type { Peer } from '../client/index.ts'
import type { ValidatorOptions, ValidatorTiming } from './ports.ts'

type Planned = { readonly peer: Peer; readonly dueAtSeconds: number }

/** Asks miners questions of our own during an epoch, at times that they cannot foresee. */
export class ProbePlan<task, response, ports> {
  readonly #options: ValidatorOptions<task, response, ports>
  readonly #timing: ValidatorTiming
  readonly #running = new Set<Promise<void>>()
  #epoch = -1
  #planned: Planned[] = []

  constructor(options: ValidatorOptions<task, response, ports>, timing: ValidatorTiming) {
    this.#options = options
    this.#timing = timing
  }

  /** Starts the probes that are due; they go on in the background. */
  async tick(
    epoch: number,
    window: { readonly startsAt: number; readonly endsAt: number },
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { prober, subnet } = this.#options
    if (prober === undefined || subnet.probe === undefined) return
    if (epoch !== this.#epoch) {
      this.#planned = await this.#plan(epoch, window, now)
      this.#epoch = epoch
    }
    const free = this.#timing.concurrency - this.#running.size
    const due = this.#planned.filter(({ dueAtSeconds }) => dueAtSeconds <= now).slice(0, Math.max(0, free))
    this.#planned = this.#planned.filter((item) => !due.includes(item))
    for (const { peer } of due) {
      const running = this.#ask(epoch, peer, signal).finally(() => this.#running.delete(running))
      this.#running.add(running)
    }
  }

  /** Waits for probes under way, at most `timeoutMs`. */
  async settle(timeoutMs: number): Promise<void> {
    await Promise.race([Promise.all(this.#running), sleep(timeoutMs)])
  }

  async #plan(
    epoch: number,
    window: { readonly startsAt: number; readonly endsAt: number },
    now: number,
  ): Promise<Planned[]> {
    const { ledger, netuid, store, random, writer } = this.#options
    const [endpoints, done, permitted] = await Promise.all([
      ledger.endpoints(netuid),
      store.probes(netuid, epoch),
      ledger.permittedAt(netuid, Math.min(window.startsAt, now - 1)),
    ])
    const validators = new Set(permitted.map(({ hotkey }) => hotkey))
    // The last tenth stays free so that answers end inside the epoch.
    const span = Math.max(1, Math.floor((window.endsAt - now) * 0.9))
    return endpoints
      .filter(({ hotkey, endpoint }) => endpoint !== '' && hotkey !== writer.hotkey && !validators.has(hotkey))
      .flatMap((peer) => {
        const asked = done.filter((probe) => probe.hotkey === peer.hotkey).length
        const missing = Math.max(0, this.#timing.probesPerMiner - asked)
        return Array.from({ length: missing }, () => ({ peer, dueAtSeconds: now + randomBelow(random, span) }))
      })
  }

  async #ask(epoch: number, peer: Peer, signal: AbortSignal): Promise<void> {
    const { prober, subnet, netuid, store, random, onEvent } = this.#options
    const hotkey: Address = peer.hotkey
    try {
      const task = subnet.probe?.(random, { hotkey, netuid, epoch }) as task
      const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#timing.probeTimeoutMs)])
      const answer = await prober?.(task, peer, limit).catch(() => undefined)
      // A probe that we broke off ourselves says nothing about the miner.
      if (answer === undefined && signal.aborted) return
      await store.saveProbe(netuid, epoch, { hotkey, answer })
    } catch (error) {
      onEvent?.({ kind: 'problem', step: 'probe', error })
    }
  }
}

function randomBelow(random: Random, bound: number): number {
  const bytes = random(6)
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return Math.floor((value / 2 ** 48) * bound)
}
