import { type Hex, KoinonError } from '@koinon/base'
import type { SubmittedRoot, SubnetLedger } from '../client/index.ts'
import {
  type Aggregator,
  buildClaimsTree,
  computeEpoch,
  type EpochComputation,
  epochWindow,
  type PreviousResult,
} from '../rules/index.ts'
import type { ValidatorStore } from './validator-store.ts'

export type EpochHistoryOptions = {
  readonly netuid: number
  readonly ledger: SubnetLedger
  readonly aggregator: Aggregator
  /** Where leaves are remembered; without it everything is computed from the ledger. */
  readonly store?: Pick<ValidatorStore, 'leaves' | 'saveLeaves'>
}

/** Epochs computed from nothing but the ledger: what a validator signs, and what an auditor compares with. */
export class EpochHistory {
  readonly #options: EpochHistoryOptions
  /** Result hashes that were found equal to our own computation. */
  readonly agreed = new Set<Hex>()

  constructor(options: EpochHistoryOptions) {
    this.#options = options
  }

  /** The result of a revealed epoch on top of `previous`. Throws `subnets/incomplete-ledger` and what `computeEpoch` throws. */
  async compute(epoch: number, previous: PreviousResult | undefined): Promise<EpochComputation> {
    const { ledger, netuid, aggregator } = this.#options
    const window = epochWindow(await ledger.clock(netuid), epoch)
    const [seats, permitted, reveals, specHash, accruedBefore, accruedAfter] = await Promise.all([
      ledger.seatsAt(netuid, window.endsAtSeconds - 1),
      ledger.permittedAt(netuid, window.startsAtSeconds),
      ledger.reveals(netuid, epoch),
      ledger.specHash(netuid, epoch),
      ledger.accrued(netuid, epoch),
      ledger.accrued(netuid, epoch + 1),
    ])
    const rows = new Map(reveals.map(({ hotkey, row }) => [hotkey, row]))
    const validators = permitted.map(({ hotkey, stake }) => ({ hotkey, stake, packedRow: rows.get(hotkey) }))
    return computeEpoch(
      { netuid, epoch, specHash, seats, validators, accruedBefore, accruedAfter, previous },
      aggregator,
    )
  }

  /**
   * Leaves and carry behind an active root: remembered, or computed again from the first root on. Throws `subnets/foreign-root`
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

  /** Keeps a computed epoch's leaves for the next one. */
  async remember({ result, leaves, carry }: EpochComputation): Promise<PreviousResult> {
    await this.#options.store?.saveLeaves(result.netuid, result.epoch, { root: result.root, carry, leaves })
    return { epoch: result.epoch, leaves, carry }
  }

  async #remembered({ epoch, result }: SubmittedRoot): Promise<PreviousResult | undefined> {
    const stored = await this.#options.store?.leaves(result.netuid, epoch)
    if (stored === undefined || stored.root !== result.root) return undefined
    // A damaged disk must not become a wrong signature.
    if (buildClaimsTree(result.netuid, stored.leaves).root !== result.root) return undefined
    return { epoch, leaves: stored.leaves, carry: stored.carry }
  }
}

function foreignRoot({ epoch, result }: { epoch: number; result: { root: Hex } }): KoinonError {
  return new KoinonError({
    code: 'subnets/foreign-root',
    message: `The root ${result.root.slice(0, 12)}… of epoch ${epoch} is not what the ledger's rows and stakes give here`,
    hint: 'Another version of the subnet may have computed it; ask a validator for its record of that epoch.',
  })
}
