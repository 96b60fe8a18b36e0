import { type Address, type Random, sleep } from '@koinon/base'
import type { Peer } from '../client/index.ts'
import type { ValidatorOptions, ValidatorTiming } from './ports.ts'

type Planned = { readonly peer: Peer; readonly dueAtSeconds: number }

type ProbeShare = { readonly atOnce: number; readonly limitMs: number }

/** Times of an epoch, seconds on the ledger. */
export type ProbeWindow = {
  readonly startsAtSeconds: number
  readonly endsAtSeconds: number
  readonly workCommitEndsAtSeconds: number
}

/** Gateways let a key have 64 answers under way. */
const maximumAtOnce = 48
/** In a short epoch a question has at least this part of it. */
const shortestShares = 12
/** An answer after the epoch still counts if it is noted before miners are assessed. */
const notingSeconds = 2

/**
 * Asks miners questions of our own during an epoch, at times that they cannot foresee. A question that gets no whole answer in its
 * share of the epoch's time counts as unanswered: whoever stalls holds back nobody else's questions.
 */
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
  async tick(epoch: number, window: ProbeWindow, now: number, signal: AbortSignal): Promise<void> {
    const { prober, subnet } = this.#options
    if (prober === undefined || subnet.probe === undefined) return
    if (epoch !== this.#epoch) {
      this.#planned = await this.#plan(epoch, window, now)
      this.#epoch = epoch
    }
    const { atOnce, limitMs } = this.#share(window, now)
    // Too late for a fair try: what was not asked is held against nobody.
    if (limitMs === 0) return
    const due = this.#planned
      .filter(({ dueAtSeconds }) => dueAtSeconds <= now)
      .slice(0, Math.max(0, atOnce - this.#running.size))
    this.#planned = this.#planned.filter((item) => !due.includes(item))
    for (const { peer } of due) {
      const running = this.#ask(epoch, peer, limitMs, signal).finally(() => this.#running.delete(running))
      this.#running.add(running)
    }
  }

  /**
   * How many questions may be under way, and how long each: at most half of what the places have for each question left, so that
   * even if nobody answers all are asked. More places are made before a share becomes shorter than `leastProbeMs`.
   */
  #share({ startsAtSeconds, endsAtSeconds, workCommitEndsAtSeconds }: ProbeWindow, now: number): ProbeShare {
    const { concurrency, probeTimeoutMs } = this.#timing
    const leastProbeMs = Math.min(
      this.#timing.leastProbeMs,
      ((endsAtSeconds - startsAtSeconds) * 1000) / shortestShares,
    )
    const leftMs = (endsAtSeconds - now) * 1000
    const wanted = 2 * this.#planned.length
    if (wanted === 0 || leftMs < leastProbeMs) return { atOnce: 0, limitMs: 0 }
    const atOnce = Math.min(maximumAtOnce, Math.max(concurrency, Math.ceil((wanted * leastProbeMs) / leftMs)))
    const untilAssessedMs = (Math.max(endsAtSeconds, workCommitEndsAtSeconds - notingSeconds) - now) * 1000
    return { atOnce, limitMs: Math.min(probeTimeoutMs, untilAssessedMs, Math.floor((leftMs * atOnce) / wanted)) }
  }

  /** Waits for probes under way, at most `timeoutMs`. */
  async settle(timeoutMs: number): Promise<void> {
    await Promise.race([Promise.all(this.#running), sleep(timeoutMs)])
  }

  async #plan(epoch: number, window: ProbeWindow, now: number): Promise<Planned[]> {
    const { ledger, netuid, store, random, writer } = this.#options
    const [endpoints, done] = await Promise.all([ledger.endpoints(netuid), store.probes(netuid, epoch)])
    // The last tenth stays free so that answers end inside the epoch.
    const span = Math.max(1, Math.floor((window.endsAtSeconds - now) * 0.9))
    // Every seat, also one without an endpoint just now or with a validator's permit: who could choose not to be asked would earn by
    // receipts for questions of its own.
    return endpoints
      .filter(({ hotkey }) => hotkey !== writer.hotkey)
      .flatMap((peer) => {
        const asked = done.filter((probe) => probe.hotkey === peer.hotkey).length
        const missing = Math.max(0, this.#timing.probesPerMiner - asked)
        return Array.from({ length: missing }, () => ({ peer, dueAtSeconds: now + randomBelow(random, span) }))
      })
      .sort((one, other) => one.dueAtSeconds - other.dueAtSeconds)
  }

  async #ask(epoch: number, peer: Peer, limitMs: number, signal: AbortSignal): Promise<void> {
    const { prober, subnet, netuid, store, random, onEvent } = this.#options
    const hotkey: Address = peer.hotkey
    try {
      const task = subnet.probe?.(random, { hotkey, netuid, epoch }) as task
      const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
      // The place is free when the time is over, whatever still hangs below.
      const answer = await Promise.race([prober?.(task, peer, limit).catch(() => undefined), aborted(limit)])
      // A probe that we broke off ourselves says nothing about the miner.
      if (answer === undefined && signal.aborted) return
      await store.saveProbe(netuid, epoch, { hotkey, answer })
    } catch (error) {
      onEvent?.({ kind: 'problem', step: 'probe', error })
    }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function randomBelow(random: Random, bound: number): number {
  const bytes = random(6)
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return Math.floor((value / 2 ** 48) * bound)
}
