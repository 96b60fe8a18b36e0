import { type Hex, sleep } from '@koinon/base'
import type { Upkeep } from '../client/index.ts'
import { epochAt, epochPhase, epochWindow } from '../rules/index.ts'
import { answerEpochs } from '../rules/subnet-file/task-answer.ts'
import { accrualStep } from './accrual-step.ts'
import { Accuser } from './accuser.ts'
import { Claimer, claimDelaySeconds } from './claimer.ts'
import { Confirmer } from './confirmer.ts'
import { disputeStep, punishStep } from './dispute-step.ts'
import { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import { defaultTiming, type ValidatorOptions, type ValidatorTiming } from './ports.ts'
import { ProbePlan } from './probe-plan.ts'
import { RowOpener } from './row-opener.ts'
import { signStep } from './sign-step.ts'
import { upkeepStep } from './upkeep-step.ts'
import { commitStep, revealStep } from './weights-step.ts'
import { Witness } from './witness.ts'

const keptEpochs = 200
const settleMs = 2_000

/**
 * One validator of one subnet. It follows the ledger's clock and keeps no plan of its own: each look reads what is there and does
 * the next thing that is missing, so it may be killed and started again at any point. Missed phases are missed, nothing is made up.
 */
export class ValidatorLoop<task, response, ports> {
  readonly #options: ValidatorOptions<task, response, ports>
  readonly #timing: ValidatorTiming
  readonly #history: EpochHistory
  readonly #claimer: Claimer
  readonly #probes: ProbePlan<task, response, ports>
  readonly #opener = new RowOpener()
  readonly #confirmer = new Confirmer()
  readonly #accuser = new Accuser()
  #stopping: AbortController | undefined
  #running: Promise<void> = Promise.resolve()
  readonly #specHashes = new Map<number, Hex>()
  #forgottenUpTo = 0

  constructor(options: ValidatorOptions<task, response, ports>) {
    const witness = new Witness(options.ledger.domain, options.store)
    this.#options = { ...options, attestations: witness.watch(options.attestations) }
    this.#timing = { ...defaultTiming, ...options.timing }
    const { netuid, ledger, writer, store, subnet } = options
    this.#history = new EpochHistory({ netuid, ledger, store, aggregator: subnet.aggregator })
    this.#probes = new ProbePlan(options, this.#timing)
    const tellUpkeep = (what: Upkeep): void => options.onEvent?.({ kind: 'upkeep', what })
    this.#claimer = new Claimer({
      netuid,
      ledger,
      writer,
      pollMs: this.#timing.pollMs,
      delaySeconds: (epoch) => claimDelaySeconds({ ledger, netuid }, writer.hotkey, epoch),
      onClaimed: (epoch, accounts) => options.onEvent?.({ kind: 'claimed', epoch, accounts }),
      upkeep: () => this.#attempt('upkeep', () => upkeepStep({ netuid, ledger, writer, onDone: tellUpkeep })),
      onError: (error) => options.onEvent?.({ kind: 'problem', step: 'claim', error }),
    })
  }

  start(): void {
    if (this.#stopping !== undefined) return
    const stopping = new AbortController()
    this.#stopping = stopping
    this.#running = this.#run(stopping.signal)
    this.#claimer.start()
  }

  /** Ends after the transaction under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    await Promise.all([this.#running, this.#claimer.stop(), this.#probes.settle(settleMs)])
    await Promise.all([this.#opener.settle(settleMs), this.#accuser.settle()])
    this.#stopping = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, netuid, specHash, sourceHash, subnet } = this.#options
    await this.#attempt('spec', () => store.saveSpec(netuid, specHash, subnet.specParts(sourceHash)))
    await this.#attempt('signingStop', async () => this.#tellOfStop())
    while (!signal.aborted) {
      await this.#attempt('clock', () => this.#tick(signal))
      // Jitter keeps validators that started together from racing for the same transaction.
      const jitter = (this.#options.random(1)[0] as number) / 255
      await sleep(Math.floor(this.#timing.pollMs * (0.75 + jitter / 2)), signal)
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { ledger, netuid, store } = this.#options
    const clock = await ledger.clock(netuid)
    const nowSeconds = await ledger.nowSeconds()
    const current = epochAt(clock, nowSeconds)
    if (current < 0) return
    await this.#attempt('advance', () => accrualStep(this.#options, current, nowSeconds))
    const isOwnSpec = await this.#isOwnSpec(current)
    if (isOwnSpec)
      await this.#attempt('probe', () => this.#probes.tick(current, epochWindow(clock, current), nowSeconds, signal))
    if (current === 0) return
    const epoch = current - 1
    const window = epochWindow(clock, epoch)
    const step: EpochStep<task, response, ports> = {
      options: this.#options,
      timing: this.#timing,
      epoch,
      window,
      nowSeconds,
      signal,
    }
    if (signal.aborted) return
    // Also when the owner has named another file since: results of the epochs before it are still to be shown wrong.
    await this.#attempt('dispute', () => disputeStep(step, this.#history))
    await this.#attempt('punish', () => punishStep(step))
    await this.#attempt('confirm', () => this.#confirmer.look(step, this.#history))
    if (signal.aborted) return
    const phase = (await this.#isOwnSpec(epoch)) ? epochPhase(window, nowSeconds) : undefined
    if (phase === 'weightCommit' && (await this.#hasPermit(window.startsAtSeconds)))
      await this.#attempt('commit', () => commitStep(step))
    if (phase === 'weightReveal') {
      await this.#attempt('reveal', () => revealStep(step))
      this.#opener.look(step)
    }
    await this.#attempt('attest', () => signStep(step, this.#history, (one) => this.#isOwnSpec(one)))
    await this.#attempt('accuse', () => this.#accuser.look(step))
    if (phase !== undefined && epoch > this.#forgottenUpTo) {
      await store.forget(netuid, epoch - keptEpochs, epoch - answerEpochs(clock.epochSeconds))
      this.#forgottenUpTo = epoch
      for (const old of this.#specHashes.keys()) if (old < epoch - keptEpochs) this.#specHashes.delete(old)
    }
  }

  /** At once, not first when there is something to sign. */
  #tellOfStop(): void {
    const { signingStop, onEvent } = this.#options
    const why = signingStop.read()
    if (why !== undefined) onEvent?.({ kind: 'signingStopped', epoch: why.epoch, why, path: signingStop.path })
  }

  async #hasPermit(atSeconds: number): Promise<boolean> {
    const { ledger, netuid, writer } = this.#options
    return (await ledger.permittedAt(netuid, atSeconds)).some(({ hotkey }) => hotkey === writer.hotkey)
  }

  async #isOwnSpec(epoch: number): Promise<boolean> {
    const { ledger, netuid, specHash, onEvent } = this.#options
    const known = this.#specHashes.get(epoch)
    const ledgerSpecHash = known ?? (await ledger.specHash(netuid, epoch))
    // Announced texts take force epochs later, so what an epoch that has begun names never changes.
    if (known === undefined) this.#specHashes.set(epoch, ledgerSpecHash)
    if (known === undefined && ledgerSpecHash !== specHash) onEvent?.({ kind: 'otherSpec', epoch, ledgerSpecHash })
    return ledgerSpecHash === specHash
  }

  async #attempt(step: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.onEvent?.({ kind: 'problem', step, error })
    }
  }
}
