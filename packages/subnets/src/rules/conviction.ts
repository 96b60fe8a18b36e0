/**
 * Who may own a subnet: locks of its alpha for candidates, the conviction they gather, contests (specs/0021-conviction.md). As
 * `contracts/src/subnets/Conviction.sol` has it, to the bit; amounts in atomic units, times in Unix seconds.
 */
import { type Address, KoinonError } from '@koinon/base'
import { type Conviction, convictionAfter } from './conviction-math.ts'

/** The contract's constants. */
export const convictionRules = {
  tauSeconds: 11_218_392,
  minimumAgeSeconds: 365 * 86_400,
  gateBps: 1_000n,
  noticeSeconds: 30 * 86_400,
  acceptSeconds: 14 * 86_400,
  releaseSeconds: 112_183_920,
} as const

/** All alpha that one candidate is backed with, as of `atSeconds`. */
export type ConvictionTally = { readonly kept: Conviction; readonly leaving: Conviction; readonly atSeconds: number }

/** One holder's lock for one candidate. From `endsAtSeconds` on nothing is leaving; 0 while nothing was unlocked. */
export type ConvictionLock = ConvictionTally & { readonly held: bigint; readonly endsAtSeconds: number }

/** `endsAtSeconds`: from when on the candidate may take the subnet, for `acceptSeconds`. */
export type OwnershipContest = { readonly candidate: Address; readonly endsAtSeconds: number }

/** How a candidate stands against the owner. `leads` also asks for more than `gate`. */
export type Comparison = {
  readonly counted: bigint
  readonly locked: bigint
  readonly gate: bigint
  readonly leads: boolean
}

/** What a contest is decided by, besides the locks. */
export type OwnershipFacts = {
  readonly owner: Address
  /** Alpha minted less burned. */
  readonly supply: bigint
}

const nothing: Conviction = { locked: 0n, conviction: 0n }

/** Both parts as they are at `now`. */
export function tallyAfter<tally extends ConvictionTally>(tally: tally, now: number): tally {
  const rule = { seconds: BigInt(now - tally.atSeconds), tauSeconds: BigInt(convictionRules.tauSeconds) }
  return {
    ...tally,
    kept: convictionAfter(tally.kept, { ...rule, decays: false }),
    leaving: convictionAfter(tally.leaving, { ...rule, decays: true }),
    atSeconds: now,
  }
}

/** What is locked for a candidate: all of it counts for an owner. */
export function massOf({ kept, leaving }: ConvictionTally): bigint {
  return kept.locked + leaving.locked
}

/** What counts for a candidate that is not the owner: its conviction, but no more than is still locked. */
export function countedOf(tally: ConvictionTally): bigint {
  return least(tally.kept.conviction + tally.leaving.conviction, massOf(tally))
}

/** A candidate against the owner, both tallies as of now. */
export function compareTallies(
  candidate: ConvictionTally | undefined,
  owner: ConvictionTally | undefined,
  supply: bigint,
): Comparison {
  const counted = candidate === undefined ? 0n : countedOf(candidate)
  const locked = owner === undefined ? 0n : massOf(owner)
  const gate = (supply * convictionRules.gateBps) / 10_000n
  return { counted, locked, gate, leads: counted > locked && counted > gate }
}

/** What of a lock as of now no longer binds. */
export function freeOf({ kept, leaving, held, endsAtSeconds, atSeconds }: ConvictionLock): bigint {
  const isReleased = endsAtSeconds !== 0 && atSeconds >= endsAtSeconds
  return held - kept.locked - (isReleased ? 0n : leaving.locked)
}

/** The locks and the contest of one subnet, changed in the order of the ledger. Throws `subnets/refused-lock` where the contract reverts. */
export class ConvictionBook {
  readonly #locks = new Map<string, ConvictionLock>()
  readonly #tallies = new Map<Address, ConvictionTally>()
  #contest: OwnershipContest | undefined

  /** Candidates that anybody ever locked for. */
  get candidates(): readonly Address[] {
    return [...this.#tallies.keys()]
  }

  get contest(): OwnershipContest | undefined {
    return this.#contest
  }

  /** Alpha that is kept for all locks. */
  get held(): bigint {
    return [...this.#locks.values()].reduce((sum, { held }) => sum + held, 0n)
  }

  /** Holder and candidate of each lock ever made. */
  get parties(): readonly (readonly [holder: Address, candidate: Address])[] {
    return [...this.#locks.keys()].map((key) => key.split('/') as [Address, Address])
  }

  lockAt(holder: Address, candidate: Address, now: number): ConvictionLock {
    const found = this.#locks.get(`${holder}/${candidate}`)
    return tallyAfter(found ?? { kept: nothing, leaving: nothing, atSeconds: now, held: 0n, endsAtSeconds: 0 }, now)
  }

  tallyAt(candidate: Address, now: number): ConvictionTally {
    return tallyAfter(this.#tallies.get(candidate) ?? { kept: nothing, leaving: nothing, atSeconds: now }, now)
  }

  compare(candidate: Address, { owner, supply }: OwnershipFacts, now: number): Comparison {
    const compared = compareTallies(this.tallyAt(candidate, now), this.tallyAt(owner, now), supply)
    return candidate === owner ? { ...compared, leads: false } : compared
  }

  /** `facts` after the lock; where it is for the owner and takes a candidate's lead away, the contest is over. */
  lock(holder: Address, candidate: Address, amount: bigint, facts: OwnershipFacts, now: number): void {
    if (amount <= 0n) throw refused('Nothing is no lock')
    const lock = this.lockAt(holder, candidate, now)
    const tally = this.tallyAt(candidate, now)
    this.#store(
      holder,
      candidate,
      { ...lock, kept: plus(lock.kept, amount, 0n), held: lock.held + amount },
      { ...tally, kept: plus(tally.kept, amount, 0n) },
    )
    const contender = this.#contest?.candidate
    if (contender === undefined || candidate !== facts.owner) return
    if (!this.compare(contender, facts, now).leads) this.#contest = undefined
  }

  unlock(holder: Address, candidate: Address, amount: bigint, now: number): ConvictionLock {
    const lock = this.lockAt(holder, candidate, now)
    const tally = this.tallyAt(candidate, now)
    if (amount <= 0n || amount > lock.kept.locked) throw refused('Less is locked')
    const part = (lock.kept.conviction * amount) / lock.kept.locked
    const counted = least(part, tally.kept.conviction)
    const left: ConvictionLock = {
      ...lock,
      kept: plus(lock.kept, -amount, -part),
      leaving: plus(lock.leaving, amount, part),
      endsAtSeconds: now + convictionRules.releaseSeconds,
    }
    this.#store(holder, candidate, left, {
      ...tally,
      kept: plus(tally.kept, -amount, -counted),
      leaving: plus(tally.leaving, amount, counted),
    })
    return left
  }

  /** What the holder is paid. */
  withdraw(holder: Address, candidate: Address, subnet: 'lives' | 'dissolved', now: number): bigint {
    const lock = this.lockAt(holder, candidate, now)
    const free = subnet === 'lives' ? freeOf(lock) : lock.held
    if (free === 0n) throw refused('Nothing is free')
    if (subnet === 'dissolved') {
      this.#locks.delete(`${holder}/${candidate}`)
      return free
    }
    const tally = this.tallyAt(candidate, now)
    const isReleased = lock.endsAtSeconds !== 0 && now >= lock.endsAtSeconds
    const rest = isReleased ? { ...lock, leaving: nothing, endsAtSeconds: 0 } : lock
    const gone = isReleased ? lock.leaving : nothing
    this.#store(
      holder,
      candidate,
      { ...rest, held: lock.held - free },
      {
        ...tally,
        leaving: {
          locked: tally.leaving.locked - least(gone.locked, tally.leaving.locked),
          conviction: tally.leaving.conviction - least(gone.conviction, tally.leaving.conviction),
        },
      },
    )
    return free
  }

  /** Opens the notice for a candidate that leads; returns the one that gave way, if any. */
  openContest(
    candidate: Address,
    facts: OwnershipFacts & { readonly genesisSeconds: number },
    now: number,
  ): Address | undefined {
    if (now < facts.genesisSeconds + convictionRules.minimumAgeSeconds) throw refused('The subnet is too young')
    const { leads, counted } = this.compare(candidate, facts, now)
    if (!leads) throw refused('The candidate does not lead')
    const open = this.#contest
    if (open !== undefined && !this.isVoid(facts, now)) {
      const isMore = candidate !== open.candidate && counted > this.compare(open.candidate, facts, now).counted
      if (!isMore) throw refused('Another contest stands')
    }
    this.#contest = { candidate, endsAtSeconds: now + convictionRules.noticeSeconds }
    return open?.candidate
  }

  /** Whether the open contest may be ended by anybody. */
  isVoid(facts: OwnershipFacts, now: number): boolean {
    if (this.#contest === undefined) throw refused('There is no contest')
    const { candidate, endsAtSeconds } = this.#contest
    return now > endsAtSeconds + convictionRules.acceptSeconds || !this.compare(candidate, facts, now).leads
  }

  endContest(facts: OwnershipFacts, now: number): void {
    if (!this.isVoid(facts, now)) throw refused('The contest stands')
    this.#contest = undefined
  }

  /** The subnet belongs to `caller` afterwards. */
  takeOver(caller: Address, facts: OwnershipFacts, now: number): void {
    const open = this.#contest
    if (open === undefined || open.candidate !== caller) throw refused('The caller is not the candidate of a contest')
    if (now < open.endsAtSeconds) throw refused('The notice is not over')
    if (this.isVoid(facts, now)) throw refused('The contest is void')
    this.#contest = undefined
  }

  #store(holder: Address, candidate: Address, lock: ConvictionLock, tally: ConvictionTally): void {
    this.#locks.set(`${holder}/${candidate}`, lock)
    this.#tallies.set(candidate, tally)
  }
}

function plus({ locked, conviction }: Conviction, mass: bigint, part: bigint): Conviction {
  return { locked: locked + mass, conviction: conviction + part }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function refused(message: string): KoinonError {
  return new KoinonError({ code: 'subnets/refused-lock', message })
}
