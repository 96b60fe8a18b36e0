import { type Address, type Hex, KoinonError, zeroHash } from '@koinon/base'
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
  /** Results of which no carry is known that hashes to the posted one. */
  readonly #unknownCarries = new Set<Hex>()

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
   * What an active root left behind. Its words and totals are a fact, whoever signed them; the carry, of which only the hash was posted, is
   * remembered or computed again from the first root on. Where it is not what this aggregator gives, state begins anew
   * (specs/0007-epochs.md section 5).
   */
  async resultBehind(root: SubmittedRoot): Promise<PreviousResult> {
    return behind(root, await this.#carryBehind(root))
  }

  /** The result that a submitted one builds on. Throws `subnets/incomplete-ledger` when the ledger read here does not have it. */
  async baseOf({ epoch, result }: SubmittedRoot): Promise<SubmittedRoot | undefined> {
    if (result.previousHash === zeroHash) return undefined
    const roots = await this.#options.ledger.roots(this.#options.netuid)
    const base = roots.find(({ resultHash }) => resultHash === result.previousHash)
    if (base === undefined) throw baseUnknown(epoch)
    return base
  }

  async #carryBehind(root: SubmittedRoot): Promise<Hex> {
    const { ledger, netuid, store } = this.#options
    const chain = [...(await ledger.roots(netuid)).filter(({ epoch }) => epoch < root.epoch), root]
    let place = chain.length - 1
    let carry = await this.#knownCarry(root)
    while (carry === undefined && place > 0) carry = await this.#knownCarry(chain[--place] as SubmittedRoot)
    for (place = carry === undefined ? 0 : place + 1; place < chain.length; place++) {
      const before = chain[place - 1]
      const next = chain[place] as SubmittedRoot
      const computation = await this.compute(next.epoch, before && behind(before, carry ?? '0x'))
      const isPosted = isCarryOf(next, computation.carry)
      carry = isPosted ? computation.carry : '0x'
      if (isPosted) await store?.saveCarry(netuid, next.epoch, { root: next.result.root, carry })
      else this.#unknownCarries.add(next.resultHash)
    }
    return carry ?? '0x'
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

  /** `0x` of a root that posted none, or whose carry was computed here in vain. A damaged disk must not become a wrong signature. */
  async #knownCarry(root: SubmittedRoot): Promise<Hex | undefined> {
    if (root.posting.carry.length === 0 || this.#unknownCarries.has(root.resultHash)) return '0x'
    const stored = await this.#options.store?.carry(root.result.netuid, root.epoch)
    return stored !== undefined && isCarryOf(root, stored.carry) ? stored.carry : undefined
  }
}

function behind({ epoch, resultHash, result, posting }: SubmittedRoot, carry: Hex): PreviousResult {
  return { epoch, resultHash, words: posting, totals: totalsOf(result), carry }
}

function isCarryOf({ posting }: SubmittedRoot, carry: Hex): boolean {
  return carryWords(carry).join() === posting.carry.join()
}

function accrualNotFinal(epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/accrual-not-final',
    message: `No step of emission reaches the end of epoch ${epoch} yet`,
    hint: 'A validator advances the emission when it needs it; try again then.',
    retry: 'later',
  })
}

function baseUnknown(epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/incomplete-ledger',
    message: `The result that epoch ${epoch} builds on is not among the events read here`,
    hint: 'The RPC server may be behind; try again.',
    retry: 'later',
  })
}
