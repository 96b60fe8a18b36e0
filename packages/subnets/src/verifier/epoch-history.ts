import { type Address, type Hex, KoinonError } from '@koinon/base'
import type { SubmittedRoot, SubnetLedger } from '../client/index.ts'
import {
  type Aggregator,
  carryWords,
  computeEpoch,
  type EpochComputation,
  epochWindow,
  maximumRowAge,
  type PermittedValidator,
  type PreviousResult,
  totalsOf,
} from '../rules/index.ts'
import type { ValidatorStore } from './validator-store.ts'

export type EpochHistoryOptions = {
  readonly netuid: number
  readonly ledger: SubnetLedger
  readonly aggregator: Aggregator
  /** Where state is remembered; without it everything is computed from the ledger. */
  readonly store?: Pick<ValidatorStore, 'carry' | 'saveCarry'>
}

/** Epochs computed from nothing but the ledger: what a validator signs, and what an auditor compares with. */
export class EpochHistory {
  readonly #options: EpochHistoryOptions
  /** Result hashes that were found equal to our own computation. */
  readonly agreed = new Set<Hex>()

  constructor(options: EpochHistoryOptions) {
    this.#options = options
  }

  /**
   * The result of a revealed epoch on top of `previous`. Throws `subnets/accrual-not-final` (later), `subnets/incomplete-ledger` and what
   * `computeEpoch` throws.
   */
  async compute(
    epoch: number,
    previous: PreviousResult | undefined,
    aggregator: Aggregator = this.#options.aggregator,
  ): Promise<EpochComputation> {
    const { ledger, netuid } = this.#options
    const window = epochWindow(await ledger.clock(netuid), epoch)
    const [seats, permitted, rows, specHash, accruedBefore, accruedAfter] = await Promise.all([
      ledger.seatsAt(netuid, window.endsAtSeconds - 1),
      ledger.permittedAt(netuid, window.startsAtSeconds),
      this.#rows(epoch),
      ledger.specHash(netuid, epoch),
      ledger.accrued(netuid, epoch),
      ledger.accrued(netuid, epoch + 1),
    ])
    if (accruedBefore === undefined || accruedAfter === undefined) throw accrualNotFinal(epoch)
    const validators = permitted.map(({ hotkey, stake }) => ({
      hotkey,
      stake,
      packedRow: undefined,
      ...rows.get(hotkey),
    }))
    const { startsAtSeconds, endsAtSeconds } = window
    return computeEpoch(
      {
        netuid,
        epoch,
        startsAtSeconds,
        epochSeconds: endsAtSeconds - startsAtSeconds,
        specHash,
        seats,
        validators,
        accruedBefore,
        accruedAfter,
        previous,
      },
      aggregator,
    )
  }

  /**
   * Words and carry behind an active root: remembered, or computed again from the first root on. Throws `subnets/foreign-root`
   * when the root is not what this aggregator gives, for example because an older version of the subnet made it.
   */
  async resultBehind(root: SubmittedRoot): Promise<PreviousResult> {
    const roots = await this.#options.ledger.roots(this.#options.netuid)
    const chain = roots.filter(({ epoch }) => epoch <= root.epoch)
    let start = chain.length - 1
    let previous: PreviousResult | undefined
    for (; start >= 0 && previous === undefined; start--)
      previous = await this.#remembered(chain[start] as SubmittedRoot)
    for (const next of chain.slice(previous === undefined ? 0 : start + 2)) {
      const computation = await this.compute(next.epoch, previous)
      if (computation.result.root !== next.result.root) throw foreignRoot(next)
      previous = await this.remember(computation)
    }
    return previous as PreviousResult
  }

  /** Keeps a computed epoch's state for the next one. */
  async remember({ result, posting, carry }: EpochComputation): Promise<PreviousResult> {
    const { netuid, epoch, root } = result
    await this.#options.store?.saveCarry(netuid, epoch, { root, carry })
    return { epoch, words: posting, totals: totalsOf(result), carry }
  }

  /** The row that counts for each hotkey: of this epoch, else the last of the eight before. */
  async #rows(epoch: number): Promise<ReadonlyMap<Address, Pick<PermittedValidator, 'packedRow' | 'rowAge'>>> {
    const { ledger, netuid } = this.#options
    const rows = new Map<Address, Pick<PermittedValidator, 'packedRow' | 'rowAge'>>()
    for (let rowAge = 0; rowAge <= Math.min(maximumRowAge, epoch); rowAge++) {
      for (const { hotkey, row } of await ledger.reveals(netuid, epoch - rowAge)) {
        if (!rows.has(hotkey)) rows.set(hotkey, { packedRow: row, rowAge })
      }
    }
    return rows
  }

  async #remembered({ epoch, result, posting }: SubmittedRoot): Promise<PreviousResult | undefined> {
    const stored = await this.#options.store?.carry(result.netuid, epoch)
    if (stored === undefined || stored.root !== result.root) return undefined
    // A damaged disk must not become a wrong signature.
    if (carryWords(stored.carry).join() !== posting.carry.join()) return undefined
    return { epoch, words: posting, totals: totalsOf(result), carry: stored.carry }
  }
}

function accrualNotFinal(epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/accrual-not-final',
    message: `No step of emission reaches the end of epoch ${epoch} yet`,
    hint: 'A validator advances the emission when it needs it; try again then.',
    retry: 'later',
  })
}

function foreignRoot({ epoch, result }: { epoch: number; result: { root: Hex } }): KoinonError {
  return new KoinonError({
    code: 'subnets/foreign-root',
    message: `The root ${result.root.slice(0, 12)}… of epoch ${epoch} is not what the ledger's rows and stakes give here`,
    hint: 'Another version of the subnet may have computed it; ask a validator for its record of that epoch.',
  })
}
