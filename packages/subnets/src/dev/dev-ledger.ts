/**
 * The ledger's rules of an epoch in memory and on virtual time: phases, commit and reveal, accrual, quorum, activation, claims
 * (specs/0007-epochs.md). What the contracts refuse is refused here; the pure rules are the real ones.
 */
import { type Address, bytesToHex, type Hex, KoinonError, sha256Hex } from '@koinon/base'
import {
  type AmountNumbers,
  climbFromAmount,
  type EpochComputation,
  epochPhase,
  epochWindow,
  maximumRowAge,
  type PaidParts,
  type PermittedValidator,
  type PreviousResult,
  resultDigest,
  type Seat,
  type SeatClaim,
  type SubnetClock,
  totalsOf,
  weightsCommitment,
} from '../rules/index.ts'

export type DevLedgerOptions = {
  readonly netuid: number
  readonly clock: SubnetClock
  readonly seats: readonly Seat[]
  /** Permitted stakes, atomic units (1e-18 token). */
  readonly stakes: ReadonlyMap<Address, bigint>
  /** Alpha a second for miners, and as much again as dividends; atomic units. */
  readonly emissionPerSecond: bigint
  readonly specHash: Hex
  /** All beacons follow from it. */
  readonly seed: string
}

type Weights = { readonly commitment: Hex; row?: Hex }
type ActiveRoot = PreviousResult & { readonly root: Hex }

/** Names the place of a commitment, as chain and contract do elsewhere. */
export const devDomain = {
  chainId: 31_337,
  weightsContract: `0x${'0'.repeat(39)}1` as Address,
  epochsContract: `0x${'0'.repeat(39)}2` as Address,
}

export class DevLedger {
  readonly #options: DevLedgerOptions
  readonly #weights = new Map<string, Weights>()
  readonly #claimed = new Map<Address, AmountNumbers>()
  #nowSeconds: number
  #active: ActiveRoot | undefined

  constructor(options: DevLedgerOptions) {
    this.#options = options
    this.#nowSeconds = options.clock.genesisSeconds
  }

  get nowSeconds(): number {
    return this.#nowSeconds
  }

  /** Time only goes forward. */
  moveTo(seconds: number): void {
    if (seconds < this.#nowSeconds) throw refused('time does not go back')
    this.#nowSeconds = seconds
  }

  /** Drawn at the beginning of the epoch's weight-commit phase; of epoch -1 before genesis. */
  beacon(epoch: number): Hex {
    const { clock, seed } = this.#options
    if (epoch >= 0 && this.#nowSeconds < epochWindow(clock, epoch).workCommitEndsAtSeconds) {
      throw refused(`the beacon of epoch ${epoch} is not drawn yet`)
    }
    return sha256Hex(`koinon dev beacon ${seed} ${epoch}`)
  }

  commitWeights(hotkey: Address, epoch: number, commitment: Hex): void {
    this.#require(epoch, 'weightCommit')
    this.#weights.set(`${epoch} ${hotkey}`, { commitment })
  }

  /** The row must be the one that was committed to. */
  revealWeights(hotkey: Address, epoch: number, packedRow: Hex, salt: Hex): void {
    this.#require(epoch, 'weightReveal')
    const weights = this.#weights.get(`${epoch} ${hotkey}`)
    const { netuid } = this.#options
    const commitment = weightsCommitment({ ...devDomain, netuid, epoch, hotkey, packedRow, salt })
    if (weights?.commitment !== commitment) throw refused(`the reveal of ${hotkey} is not what it committed to`)
    weights.row = packedRow
  }

  /** What every validator computes the epoch from. */
  inputs(epoch: number) {
    const { netuid, clock, seats, stakes, specHash, emissionPerSecond } = this.#options
    const { startsAtSeconds, endsAtSeconds } = epochWindow(clock, epoch)
    const accrued = (until: number): PaidParts => {
      const part = BigInt(until - clock.genesisSeconds) * emissionPerSecond
      return { miners: part, dividends: part }
    }
    const validators = [...stakes].map(
      ([hotkey, stake]): PermittedValidator => ({ hotkey, stake, ...this.#rowOf(hotkey, epoch) }),
    )
    const previous = this.#active
    return {
      netuid,
      epoch,
      startsAtSeconds,
      epochSeconds: clock.epochSeconds,
      specHash,
      // All sat down before genesis, and nobody leaves.
      seats: seats.map((seat) => ({ ...seat, sinceSeconds: clock.genesisSeconds })),
      validators,
      accruedBefore: accrued(startsAtSeconds),
      accruedAfter: accrued(endsAtSeconds),
      previous,
    }
  }

  /** Activates a root that more than 2/3 of the stake computed alike; the delay is over as soon as time was moved past it. */
  submit(computation: EpochComputation, signers: readonly Address[]): void {
    const { stakes } = this.#options
    const { epoch, root } = computation.result
    this.#require(epoch, 'root')
    const signed = signers.reduce((sum, signer) => sum + (stakes.get(signer) ?? 0n), 0n)
    const total = [...stakes.values()].reduce((sum, stake) => sum + stake, 0n)
    if (signed * 3n <= total * 2n) throw refused(`no more than 2/3 of the stake signed the root of epoch ${epoch}`)
    const totals = totalsOf(computation.result)
    const { accruedAfter } = this.inputs(epoch)
    if (totals.miners > accruedAfter.miners || totals.dividends > accruedAfter.dividends) {
      throw refused('the root pays more than accrued')
    }
    const resultHash = bytesToHex(resultDigest(devDomain, computation.result))
    this.#active = { epoch, resultHash, words: computation.posting, totals, carry: computation.carry, root }
  }

  /** Pays what a seat's amounts in the active root say and was not paid before. */
  claim({ uid, hotkey, word, mined, dividends, proof }: SeatClaim): void {
    if (climbFromAmount(word, uid, proof) !== this.#active?.root)
      throw refused(`the claim of ${hotkey} does not belong to the active root`)
    this.#claimed.set(hotkey, { mined, dividends })
  }

  /** Alpha paid to an account in all, atomic units. */
  claimedOf(account: Address): bigint {
    const { mined, dividends } = this.#claimed.get(account) ?? { mined: 0n, dividends: 0n }
    return mined + dividends
  }

  /** The row that counts: of this epoch, else the last of the eight before. */
  #rowOf(hotkey: Address, epoch: number): Pick<PermittedValidator, 'packedRow' | 'rowAge'> {
    for (let rowAge = 0; rowAge <= maximumRowAge; rowAge++) {
      const packedRow = this.#weights.get(`${epoch - rowAge} ${hotkey}`)?.row
      if (packedRow !== undefined) return { packedRow, rowAge }
    }
    return { packedRow: undefined }
  }

  #require(epoch: number, phase: 'weightCommit' | 'weightReveal' | 'root'): void {
    const now = epochPhase(epochWindow(this.#options.clock, epoch), this.#nowSeconds)
    if (now !== phase) throw refused(`epoch ${epoch} is in its phase ${now}, not ${phase}`)
  }
}

function refused(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/ledger-refused', message: `The ledger in memory refuses: ${problem}` })
}
