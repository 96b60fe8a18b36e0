/** What running a subnet needs from the ledger. Reads first, so that every write can be skipped when it has been made already. */
import type { Address, Hex } from '@koinon/base'
import type { ClaimProof, EpochResult, PermittedValidator, ResultDomain, Seat, SubnetClock } from '../rules/index.ts'

export type Endpoint = { readonly hotkey: Address; readonly uid: number; readonly endpoint: string }

export type WorkCommitment = {
  readonly hotkey: Address
  readonly uid: number
  readonly root: Hex
  readonly count: number
}

/** A root that is pending or active. */
export type SubmittedRoot = {
  readonly epoch: number
  readonly resultHash: Hex
  /** Unix seconds of the ledger. */
  readonly activatesAtSeconds: number
  readonly result: EpochResult
}

/** Reads of one network. Times are Unix seconds of the ledger. Everything about the past never changes. */
export type SubnetLedger = {
  readonly domain: ResultDomain & { readonly weightsContract: Address }
  /** The time that the next block would carry. */
  nowSeconds(): Promise<number>
  clock(netuid: number): Promise<SubnetClock>
  specHash(netuid: number, epoch: number): Promise<Hex>
  /** Current seats with where they are reached. */
  endpoints(netuid: number): Promise<readonly Endpoint[]>
  /** Seats at the end of a past second. */
  seatsAt(netuid: number, atSeconds: number): Promise<readonly Seat[]>
  /** All hotkeys with a permit at the end of a past second, ascending. */
  permittedAt(netuid: number, atSeconds: number): Promise<readonly Pick<PermittedValidator, 'hotkey' | 'stake'>[]>
  workCommitments(netuid: number, epoch: number): Promise<readonly WorkCommitment[]>
  /** Undefined when not drawn. */
  beacon(netuid: number, epoch: number): Promise<Hex | undefined>
  /** The hotkey's open commitment and revealed row's hash; undefined when there is none. */
  weights(
    netuid: number,
    epoch: number,
    hotkey: Address,
  ): Promise<{ readonly commitment?: Hex; readonly rowHash?: Hex }>
  reveals(netuid: number, epoch: number): Promise<readonly { readonly hotkey: Address; readonly row: Hex }[]>
  /** Atomic units accrued over epochs [0, epochExclusive). */
  accrued(netuid: number, epochExclusive: number): Promise<bigint>
  /** Roots that were not disabled, ascending by epoch; the last may be pending. */
  roots(netuid: number): Promise<readonly SubmittedRoot[]>
  isDisabled(resultHash: Hex): Promise<boolean>
  paidTo(netuid: number, account: Address): Promise<bigint>
}

/** Transactions of one hotkey. They wait until mined and throw `ledger/refused` when the contract says no. */
export type SubnetLedgerWriter = {
  readonly hotkey: Address
  commitWork(netuid: number, epoch: number, root: Hex, count: number): Promise<void>
  drawBeacon(netuid: number, epoch: number): Promise<void>
  commitWeights(netuid: number, epoch: number, commitment: Hex): Promise<void>
  revealWeights(netuid: number, epoch: number, row: Hex, salt: Hex): Promise<void>
  submitRoot(result: EpochResult, signatures: readonly Hex[]): Promise<void>
  objectRoot(netuid: number, epoch: number, resultHash: Hex, signatures: readonly Hex[]): Promise<void>
  claimMany(netuid: number, epoch: number, claims: readonly ClaimProof[]): Promise<void>
}
