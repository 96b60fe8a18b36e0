/** What a validator needs from outside, as types: tests and other layers bring their own. */
import type { Address, Clock, Hex, Random } from '@koinon/base'
import type { Peer, SubnetLedger, SubnetLedgerWriter, Timekeeper, Upkeep } from '../client/index.ts'
import type { Subnet } from '../rules/index.ts'
import type { AnswerJudge } from './answer-judge.ts'
import type { ProbeAnswer } from './probe-answer.ts'
import type { SigningStop, StoppedSigning } from './signing-stop.ts'
import type { ValidatorStore } from './validator-store.ts'

export type WorkPageRequest = { readonly netuid: number; readonly epoch: number; readonly offset: number }

/** Asks miners. Both give undefined when the miner says that it has no such thing, and throw when it does not answer. */
export type MinerPort = {
  workPage(peer: Peer, page: WorkPageRequest, signal: AbortSignal): Promise<unknown>
  evidence(peer: Peer, requestId: Hex, signal: AbortSignal): Promise<unknown>
}

/** Asks other validators for what they signed; undefined when they have signed nothing. */
export type AttestationPort = (peer: Peer, netuid: number, epoch: number, signal: AbortSignal) => Promise<unknown>

/** Sends a probe to one miner as any client would, through a gateway. Throws when it was not answered. */
export type Prober<task> = (task: task, peer: Peer, signal: AbortSignal) => Promise<ProbeAnswer>

/** Signs with the hotkey's account key: 65 bytes r, s, v. */
export type AccountSigner = { readonly address: Address; signDigest(digest: Uint8Array): Promise<Hex> | Hex }

export type ValidatorTiming = {
  /** Between looks at the ledger. */
  readonly pollMs: number
  /** Questions a miner gets in an epoch. 0 without a prober. */
  readonly probesPerMiner: number
  /** Miners that are looked at side by side. */
  readonly concurrency: number
  readonly probeTimeoutMs: number
  /** More questions are asked side by side before one has less time than this; in short epochs less. */
  readonly leastProbeMs: number
}

export const defaultTiming: ValidatorTiming = {
  pollMs: 1_000,
  probesPerMiner: 2,
  concurrency: 16,
  probeTimeoutMs: 60_000,
  leastProbeMs: 5_000,
}

/** What happened, for logs and metrics. */
export type ValidatorEvent =
  | {
      readonly kind:
        | 'beacon'
        | 'revealed'
        | 'attested'
        | 'submitted'
        | 'objected'
        | 'punished'
        | 'nothingEarned'
        /** Took the step of emission that reaches the epoch's start. */
        | 'advanced'
      readonly epoch: number
    }
  /** `sealedBytes` of the row under a timelock; 0 without one. */
  | { readonly kind: 'committed'; readonly epoch: number; readonly sealedBytes: number }
  /** The row is committed to by its hash alone. */
  | { readonly kind: 'notSealed'; readonly epoch: number; readonly why: string }
  /** Showed the ledger two results of the epoch with this hotkey's signature, for which it was slashed. */
  | { readonly kind: 'accused'; readonly epoch: number; readonly signer: Address }
  /** Revealed for a hotkey that stayed silent. */
  | { readonly kind: 'openedFor'; readonly epoch: number; readonly hotkey: Address }
  /** What a silent hotkey sealed opens nothing. */
  | { readonly kind: 'sealIgnored'; readonly epoch: number; readonly hotkey: Address; readonly why: string }
  /** The timekeeper is late, away or lying; asked again while the phase lasts. Once an epoch and error. */
  | { readonly kind: 'notOpened'; readonly epoch: number; readonly error: unknown }
  | { readonly kind: 'assessed'; readonly epoch: number; readonly failedMiners: number; readonly seats: number }
  | { readonly kind: 'claimed'; readonly epoch: number; readonly accounts: number }
  /** Did what the contracts leave to anybody. */
  | { readonly kind: 'upkeep'; readonly what: Upkeep }
  /** Had the ledger compute all of a pending result, which is active now. */
  | { readonly kind: 'confirmed'; readonly epoch: number; readonly gas: number }
  /** A pending result waits for its delay: to have it computed would take more gas than this validator pays. */
  | { readonly kind: 'notConfirmed'; readonly epoch: number; readonly gas: number }
  | { readonly kind: 'disputed'; readonly epoch: number; readonly what: string }
  /**
   * Numbers of a pending result are wrong that could not be shown to the ledger: `wrong` names all that differ from this validator's own,
   * `refused` what the ledger said to those that were tried, `shown` the kind of the one that it took at last, or nothing.
   */
  | {
      readonly kind: 'notShown'
      readonly epoch: number
      readonly resultHash: Hex
      readonly wrong: readonly string[]
      readonly refused: readonly string[]
      readonly shown: string
    }
  /**
   * Its blocks may still be replaced, so it is not signed yet. `behindSeconds`: how old the last settled block is; `isLate` when that is more
   * than what is left of an epoch after its reveals, so that results come in later epochs.
   */
  | {
      readonly kind: 'waitsForBlocks'
      readonly epoch: number
      readonly behindSeconds: number
      readonly isLate: boolean
    }
  /** Another result of the epoch bears this validator's signature already: signing this one would be an offence. */
  | { readonly kind: 'signedOther'; readonly epoch: number; readonly resultHash: Hex }
  /** A result that this validator signed is not what it computes now: it signs no more until its owner deletes the file at `path`. */
  | { readonly kind: 'signingStopped'; readonly epoch: number; readonly why: StoppedSigning; readonly path: string }
  | { readonly kind: 'otherSpec'; readonly epoch: number; readonly ledgerSpecHash: Hex }
  | { readonly kind: 'problem'; readonly step: string; readonly error: unknown }

export type ValidatorOptions<task, response, ports> = {
  readonly netuid: number
  readonly subnet: Subnet<task, response, ports>
  /** `subnet.specHash(hash of its source)`: must be what the ledger names. */
  readonly specHash: Hex
  /** SHA-256 of the subnet's source, for disputes, which show the ledger what the spec hash is made of. */
  readonly sourceHash: Hex
  readonly ledger: SubnetLedger
  readonly writer: SubnetLedgerWriter
  readonly account: AccountSigner
  readonly store: ValidatorStore
  readonly signingStop: SigningStop
  readonly miners: MinerPort
  readonly attestations: AttestationPort
  readonly prober?: Prober<task>
  /** Rows are sealed to its rounds, and those of the silent opened with them; without it neither. */
  readonly timekeeper?: Timekeeper
  readonly verifyPorts: ports
  /** Pays up to so much gas to have a result computed by the ledger that it agrees with (specs/0015-disputes.md section 7); never without. */
  readonly mostConfirmGas?: bigint
  /** Judges what was read of miners that answer the questions of a subnet file; without it evidence stands as it was verified. */
  readonly judge?: Pick<AnswerJudge, 'judge'>
  readonly clock: Clock
  readonly random: Random
  readonly timing?: Partial<ValidatorTiming>
  readonly onEvent?: (event: ValidatorEvent) => void
}
