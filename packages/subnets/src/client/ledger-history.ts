/** What a subnet's events add up to: seats, commitments, rows and results, as they were at any time. */
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { EpochResult, HeldSeat, Posting } from '../rules/index.ts'
import type { LedgerEvents } from './ledger-events.ts'
import type { Offence, SubmittedRoot, SubnetLedger, WeightsCommitment, WorkCommitment } from './subnet-ledger.ts'

/** An overturned result, with the time of the block that overturned it; who of its signers is still to be slashed stands in no event. */
export type OverturnedRoot = Omit<Offence, 'signers'>

/** Reads the events anew for each question; the past of it is remembered by `LedgerEvents`. */
export class LedgerHistory {
  readonly #eventsOf: (netuid: number) => LedgerEvents

  constructor(eventsOf: (netuid: number) => LedgerEvents) {
    this.#eventsOf = eventsOf
  }

  /** Up to this second nothing of the subnet is expected to change, as of the last look at its events. */
  settledUntilSeconds(netuid: number): number {
    return this.#eventsOf(netuid).settledUntilSeconds
  }

  /** Hotkeys whose permitted stake ever changed, ascending. */
  async everPermitted(netuid: number): Promise<readonly Address[]> {
    const found = new Set<Address>()
    for (const event of await this.#eventsOf(netuid).read()) {
      if (event.eventName === 'PermittedStakeChanged' && Number(event.args.netuid) === netuid) {
        found.add(toAddress(event.args.hotkey))
      }
    }
    return [...found].sort()
  }

  async seatsAt(netuid: number, atSeconds: number): Promise<readonly HeldSeat[]> {
    const seats = new Map<number, HeldSeat>()
    for (const event of await this.#eventsOf(netuid).read()) {
      if (event.eventName !== 'NeuronRegistered' && event.eventName !== 'NeuronRemoved') continue
      if (Number(event.args.netuid) !== netuid) continue
      const sinceSeconds = await this.#eventsOf(netuid).timestamp(event.blockNumber)
      if (sinceSeconds > atSeconds) break
      const seat = { uid: event.args.uid, hotkey: toAddress(event.args.hotkey), sinceSeconds }
      if (event.eventName === 'NeuronRegistered') seats.set(seat.uid, seat)
      else seats.delete(seat.uid)
    }
    return [...seats.values()].sort((a, b) => a.uid - b.uid)
  }

  async workCommitments(netuid: number, epoch: number): Promise<readonly WorkCommitment[]> {
    return (await this.#eventsOf(netuid).read()).flatMap((event) =>
      event.eventName === 'WorkCommitted' && isOf(event.args, netuid, epoch)
        ? [
            {
              hotkey: toAddress(event.args.hotkey),
              uid: event.args.uid,
              root: event.args.root,
              count: Number(event.args.count),
            },
          ]
        : [],
    )
  }

  async weightsCommitments(netuid: number, epoch: number): Promise<readonly WeightsCommitment[]> {
    const last = new Map<Address, WeightsCommitment>()
    for (const event of await this.#eventsOf(netuid).read()) {
      if (event.eventName !== 'WeightsCommitted' || !isOf(event.args, netuid, epoch)) continue
      const hotkey = toAddress(event.args.hotkey)
      last.set(hotkey, { hotkey, commitment: event.args.commitment, sealed: event.args.sealedRow })
    }
    return [...last.values()]
  }

  async reveals(netuid: number, epoch: number): ReturnType<SubnetLedger['reveals']> {
    return (await this.#eventsOf(netuid).read()).flatMap((event) =>
      event.eventName === 'WeightsRevealed' && isOf(event.args, netuid, epoch)
        ? [{ hotkey: toAddress(event.args.hotkey), row: event.args.row }]
        : [],
    )
  }

  async roots(netuid: number): Promise<readonly SubmittedRoot[]> {
    const roots = new Map<number, SubmittedRoot>()
    for (const event of await this.#eventsOf(netuid).read()) {
      if (event.eventName === 'RootSubmitted' && Number(event.args.netuid) === netuid) {
        const epoch = Number(event.args.epoch)
        const { resultHash, activatesAt, result, posting, signers } = event.args
        const activatesAtSeconds = Number(activatesAt)
        const signedBy = placesOf(signers, posting).map((place) => hotkeyOf(posting.validators[place] as Hex))
        roots.set(epoch, { epoch, resultHash, activatesAtSeconds, result: toResult(result), posting, signedBy })
      }
      if (event.eventName === 'RootConfirmed' && Number(event.args.netuid) === netuid) {
        const confirmed = roots.get(Number(event.args.epoch))
        const activatesAtSeconds = await this.#eventsOf(netuid).timestamp(event.blockNumber)
        if (confirmed !== undefined) roots.set(confirmed.epoch, { ...confirmed, activatesAtSeconds })
      }
      if (event.eventName !== 'RootDisabled' && event.eventName !== 'RootOverturned') continue
      // An overturned root may have been disabled and replaced before.
      const epoch = Number(event.args.epoch)
      const isStanding = roots.get(epoch)?.resultHash === event.args.resultHash
      if (isStanding && Number(event.args.netuid) === netuid) roots.delete(epoch)
    }
    return [...roots.values()].sort((a, b) => a.epoch - b.epoch)
  }

  /** Ascending by when they were overturned; those of `settled` are left out. */
  async overturned(netuid: number, settled: ReadonlySet<Hex>): Promise<readonly OverturnedRoot[]> {
    const submitted = new Map<Hex, Pick<Offence, 'result' | 'posting'>>()
    const overturned: OverturnedRoot[] = []
    for (const event of await this.#eventsOf(netuid).read()) {
      if (event.eventName !== 'RootSubmitted' && event.eventName !== 'RootOverturned') continue
      const { resultHash, epoch } = event.args
      if (Number(event.args.netuid) !== netuid || settled.has(resultHash)) continue
      if (event.eventName === 'RootSubmitted') {
        submitted.set(resultHash, { result: toResult(event.args.result), posting: event.args.posting })
        continue
      }
      const behind = submitted.get(resultHash)
      if (behind === undefined) continue
      const overturnedAtSeconds = await this.#eventsOf(netuid).timestamp(event.blockNumber)
      overturned.push({ epoch: Number(epoch), resultHash, ...behind, overturnedAtSeconds })
    }
    return overturned
  }
}

function isOf(args: { readonly netuid: number; readonly epoch: bigint }, netuid: number, epoch: number): boolean {
  return Number(args.netuid) === netuid && Number(args.epoch) === epoch
}

/** Places in the posting's validators of which the bit is set, ascending. */
export function placesOf(signers: bigint, { validators }: Posting): readonly number[] {
  return validators.flatMap((_, place) => (((signers >> BigInt(place)) & 1n) === 1n ? [place] : []))
}

function hotkeyOf(validatorWord: Hex): Address {
  return toAddress(validatorWord.slice(0, 42))
}

function toResult(result: Omit<EpochResult, 'epoch'> & { readonly epoch: bigint }): EpochResult {
  return { ...result, netuid: Number(result.netuid), epoch: Number(result.epoch) }
}
