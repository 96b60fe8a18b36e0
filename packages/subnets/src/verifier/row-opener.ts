import { type Address, isKoinonError, sleep } from '@koinon/base'
import { unlessDone } from '../client/index.ts'
import { turnOf } from '../rules/index.ts'
import type { SealedWeights } from '../rules/timelock/index.ts'
import type { EpochStep } from './epoch-step.ts'
import { openUnrevealed } from './open-unrevealed.ts'
import type { ValidatorOptions } from './ports.ts'

type Parts = 'netuid' | 'ledger' | 'writer' | 'timekeeper' | 'onEvent'
type OpenerStep = Pick<EpochStep<unknown, unknown, unknown>, 'epoch' | 'window' | 'nowSeconds' | 'signal'> & {
  readonly options: Pick<ValidatorOptions<unknown, unknown, unknown>, Parts>
}

/** The first half of the reveal phase is the committers' own; openers take turns in the quarter after it. */
const ownShare = 2
const turnsShare = 4
/** Looks at a timekeeper that does not answer, in a reveal phase. */
const looksPerPhase = 20

/**
 * Reveals for hotkeys that sealed their row and stay silent: others', and this validator's own when its disk has lost the salt. Works
 * beside the loop, so that a timekeeper that hangs holds nothing else up. What cannot be opened stays as it is: nobody loses by it.
 */
export class RowOpener {
  #running: Promise<void> | undefined
  #epoch = -1
  #nextLookSeconds = 0
  /** Hotkeys of this epoch whose sealed row opens nothing, and errors that were told. */
  #ignored = new Set<Address>()
  #told = new Set<string>()

  /** Starts opening when it is this validator's turn and there is something to open. In the reveal phase only. */
  look(step: OpenerStep): void {
    if (step.options.timekeeper === undefined || this.#running !== undefined) return
    if (step.epoch !== this.#epoch) {
      this.#epoch = step.epoch
      this.#nextLookSeconds = 0
      this.#ignored = new Set()
      this.#told = new Set()
    }
    if (step.nowSeconds < this.#nextLookSeconds) return
    this.#running = this.#open(step)
      .catch((error: unknown) => this.#failed(step, error))
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Waits for the look under way, at most `timeoutMs`. */
  async settle(timeoutMs: number): Promise<void> {
    await Promise.race([this.#running, sleep(timeoutMs)])
  }

  async #open(step: OpenerStep): Promise<void> {
    const { options, epoch, window, nowSeconds, signal } = step
    const { ledger, netuid, timekeeper } = options
    if (timekeeper === undefined || nowSeconds < (await this.#turnSeconds(step))) return
    const [commitments, reveals] = await Promise.all([
      ledger.weightsCommitments(netuid, epoch),
      ledger.reveals(netuid, epoch),
    ])
    const revealed = new Set(reveals.map(({ hotkey }) => hotkey))
    const silent = commitments.filter(({ hotkey }) => !revealed.has(hotkey) && !this.#ignored.has(hotkey))
    const opened = await openUnrevealed({ timekeeper, ...ledger.domain, netuid, epoch, window, commitments: silent })
    for (const { hotkey, why } of opened.ignored) this.#ignore(step, hotkey, why)
    for (const row of opened.rows) {
      if (signal.aborted) return
      await this.#reveal(step, row)
    }
  }

  async #reveal({ options, epoch }: OpenerStep, { hotkey, packedRow, salt }: SealedWeights): Promise<void> {
    const { ledger, writer, netuid, onEvent } = options
    const isRevealed = async (): Promise<boolean> => (await ledger.weights(netuid, epoch, hotkey)).rowHash !== undefined
    if (await isRevealed()) return
    try {
      if (await unlessDone(() => writer.revealFor(netuid, epoch, hotkey, packedRow, salt), isRevealed))
        onEvent?.({ kind: 'openedFor', epoch, hotkey })
    } catch (error) {
      // What may go through later is tried again.
      if (!isKoinonError(error) || error.code !== 'ledger/refused' || error.retry !== 'never') throw error
      this.#ignore({ options, epoch }, hotkey, error.message)
    }
  }

  /** Own reveals first; then one opener after the other, those without a permit last, all before three quarters of the phase. */
  async #turnSeconds({ options, epoch, window }: OpenerStep): Promise<number> {
    const { ledger, netuid, writer } = options
    const { weightCommitEndsAtSeconds, revealEndsAtSeconds, startsAtSeconds } = window
    const permitted = await ledger.permittedAt(netuid, startsAtSeconds)
    const turn = turnOf(permitted, writer.hotkey, epoch)
    const phaseSeconds = revealEndsAtSeconds - weightCommitEndsAtSeconds
    const waitSeconds = phaseSeconds / ownShare + (turn * phaseSeconds) / turnsShare / (permitted.length + 1)
    return weightCommitEndsAtSeconds + Math.floor(waitSeconds)
  }

  #ignore({ options, epoch }: Pick<OpenerStep, 'options' | 'epoch'>, hotkey: Address, why: string) {
    this.#ignored.add(hotkey)
    options.onEvent?.({ kind: 'sealIgnored', epoch, hotkey, why })
  }

  /** A timekeeper that is late, away or lying is asked again, and told of once. */
  #failed({ options, epoch, window, nowSeconds }: OpenerStep, error: unknown): void {
    const phaseSeconds = window.revealEndsAtSeconds - window.weightCommitEndsAtSeconds
    this.#nextLookSeconds = nowSeconds + Math.ceil(phaseSeconds / looksPerPhase)
    const code = isKoinonError(error) ? error.code : String(error)
    if (this.#told.has(code)) return
    this.#told.add(code)
    options.onEvent?.({ kind: 'notOpened', epoch, error })
  }
}
