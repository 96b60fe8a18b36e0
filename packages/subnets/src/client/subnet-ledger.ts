/** What running a subnet needs from the ledger. Reads first, so that every write can be skipped when it has been made already. */
import type { Address, Hex } from '@koinon/base'
import type {
  AmountNumbers,
  Confirmation,
  Dispute,
  EpochResult,
  HeldSeat,
  PaidParts,
  PermittedValidator,
  Posting,
  ResultDomain,
  SeatClaim,
  SpecParts,
  SubnetClock,
} from '../rules/index.ts'
import type { Settlement } from './settlement.ts'
import type { Upkeep } from './upkeep.ts'

export type Endpoint = { readonly hotkey: Address; readonly uid: number; readonly endpoint: string }

export type WorkCommitment = {
  readonly hotkey: Address
  readonly uid: number
  readonly root: Hex
  readonly count: number
}

/** A hotkey's last commitment of an epoch. `sealed` is the row under a timelock (specs/0018-timelock.md), `0x` where it sealed nothing. */
export type WeightsCommitment = { readonly hotkey: Address; readonly commitment: Hex; readonly sealed: Hex }

/** A root that is pending or active. */
export type SubmittedRoot = {
  readonly epoch: number
  readonly resultHash: Hex
  /** Unix seconds of the ledger. */
  readonly activatesAtSeconds: number
  readonly result: EpochResult
  /** The numbers behind it, as its signers published them. */
  readonly posting: Posting
  /** In the order of the posting's validators. */
  readonly signedBy: readonly Address[]
}

/** A result that was shown to be wrong while one of its signers is not slashed for it yet. */
export type Offence = Pick<SubmittedRoot, 'epoch' | 'resultHash' | 'result' | 'posting'> & {
  /** Unix seconds of the ledger. */
  readonly overturnedAtSeconds: number
  /** Places in the posting's validators of the signers who are not slashed for it yet, ascending. */
  readonly signers: readonly number[]
}

/** A result and one hotkey's signature over its digest: 65 bytes r, s, v. */
export type SignedResult = { readonly result: EpochResult; readonly signature: Hex }

/** Alpha that accrued to a subnet, atomic units, by whom it is for. */
export type Accrual = PaidParts & { readonly owner: bigint }

/** Steps of emission end at `startsAtSeconds` plus a multiple of `periodSeconds`; what accrued is known until the last one's end. */
export type EmissionClock = {
  readonly startsAtSeconds: number
  readonly periodSeconds: number
  readonly finalUntilSeconds: number
}

/** Reads of one network. Times are Unix seconds of the ledger. Everything about the past never changes. */
export type SubnetLedger = {
  readonly domain: ResultDomain & { readonly weightsContract: Address }
  /** The time that the next block would carry. */
  nowSeconds(): Promise<number>
  clock(netuid: number): Promise<SubnetClock>
  /** As of the last block that is not replaced any more; undefined on a chain of one sequencer, where none is. */
  settlement(): Promise<Settlement | undefined>
  /** Seats that the subnet may have. */
  maximumSeats(netuid: number): Promise<number>
  specHash(netuid: number, epoch: number): Promise<Hex>
  /** Current seats with where they are reached. */
  endpoints(netuid: number): Promise<readonly Endpoint[]>
  /** Seats at the end of a past second. */
  seatsAt(netuid: number, atSeconds: number): Promise<readonly HeldSeat[]>
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
  /** Of all hotkeys, those that have revealed too. */
  weightsCommitments(netuid: number, epoch: number): Promise<readonly WeightsCommitment[]>
  reveals(netuid: number, epoch: number): Promise<readonly { readonly hotkey: Address; readonly row: Hex }[]>
  emissionClock(): Promise<EmissionClock>
  /** What accrued over epochs [0, epochExclusive); undefined until a step of emission reaches their end. */
  accrued(netuid: number, epochExclusive: number): Promise<Accrual | undefined>
  /** Roots that were not disabled, ascending by epoch; the last may be pending. */
  roots(netuid: number): Promise<readonly SubmittedRoot[]>
  isDisabled(resultHash: Hex): Promise<boolean>
  /** By signer, of a result that was submitted; without those that its transaction does not show. */
  submittedSignatures(netuid: number, resultHash: Hex): Promise<ReadonlyMap<Address, Hex>>
  /** Ascending by when they were shown. */
  offences(netuid: number): Promise<readonly Offence[]>
  /** Paid for a seat to whoever took it in that second. */
  paidTo(netuid: number, seat: Pick<HeldSeat, 'hotkey' | 'sinceSeconds'>): Promise<AmountNumbers>
  /** Alpha that `claimOwner` would pay now, atomic units. */
  ownerDue(netuid: number): Promise<bigint>
  /** What the contracts leave to anybody and a validator of the subnet may do now. */
  upkeepDue(netuid: number, hotkey: Address): Promise<readonly Upkeep[]>
}

/** Transactions of one hotkey. They wait until mined and throw `ledger/refused` when the contract says no. */
export type SubnetLedgerWriter = {
  readonly hotkey: Address
  commitWork(netuid: number, epoch: number, root: Hex, count: number): Promise<void>
  drawBeacon(netuid: number, epoch: number): Promise<void>
  /** `specHash` is of the spec that the row was scored by; `sealedRow` lets anybody reveal later (specs/0018-timelock.md). */
  commitWeights(
    netuid: number,
    epoch: number,
    weights: { readonly commitment: Hex; readonly specHash: Hex; readonly sealedRow?: Hex },
  ): Promise<void>
  revealWeights(netuid: number, epoch: number, row: Hex, salt: Hex): Promise<void>
  /** Opens another hotkey's commitment. */
  revealFor(netuid: number, epoch: number, hotkey: Address, row: Hex, salt: Hex): Promise<void>
  /** `signers` are places in the posting's validators, ascending, one a signature. */
  submitRoot(
    result: EpochResult,
    posting: Posting,
    signers: readonly number[],
    signatures: readonly Hex[],
  ): Promise<void>
  /** Shows on the ledger that a number of a pending result is wrong. */
  dispute(root: Pick<SubmittedRoot, 'result' | 'posting'>, spec: SpecParts, dispute: Dispute): Promise<void>
  /** Slashes signers of an overturned result, by their places in the posting's validators. */
  punish(root: Pick<SubmittedRoot, 'result' | 'posting'>, signers: readonly number[]): Promise<void>
  /** Slashes whoever signed both results of one epoch, neither of them disabled. The sender is rewarded. */
  punishTwofold(first: SignedResult, second: SignedResult): Promise<void>
  /** Gas that `punishTwofold` takes; throws `ledger/refused` as it does. Sends nothing. */
  estimatePunishTwofold(first: SignedResult, second: SignedResult): Promise<bigint>
  /** Lets the ledger compute all of a pending result of a small subnet, which makes it active at once. */
  confirm(root: Pick<SubmittedRoot, 'result' | 'posting'>, spec: SpecParts, confirmation: Confirmation): Promise<void>
  /** Gas that `confirm` takes; throws `ledger/refused` as it does. Sends nothing. */
  estimateConfirm(...args: Parameters<SubnetLedgerWriter['confirm']>): Promise<bigint>
  objectRoot(netuid: number, epoch: number, resultHash: Hex, signatures: readonly Hex[]): Promise<void>
  claimMany(netuid: number, epoch: number, claims: readonly SeatClaim[]): Promise<void>
  /** Pays the subnet's owner what accrued to it up to the end of the newest epoch with an active root. */
  claimOwner(netuid: number): Promise<void>
  /** Opens the next step of emission when a period has passed, then pays up to so many of its subnets. */
  advanceEmission(mostSubnets: number): Promise<void>
  /** Burns the KOIN fees that wait in the pools. */
  burnFees(): Promise<void>
  /** From now on the hotkey's root stake counts in the subnet. */
  countRoot(netuid: number): Promise<void>
}
