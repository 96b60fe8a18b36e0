/** Plays the moves of specs/vectors/conviction.json without a ledger: one subnet, whose alpha is minted to whoever locks. */
import { type Address, isKoinonError } from '@koinon/base'
import { ConvictionBook, countedOf, freeOf } from '../rules/conviction.ts'

/** A move waits `seconds` first. `who` and `candidate` number accounts from 1; account 1 is the founder. */
export type ConvictionMove = {
  readonly kind: 'lock' | 'unlock' | 'withdraw' | 'contest' | 'end' | 'take' | 'mint'
  readonly seconds: number
  readonly who: number
  readonly candidate: number
  readonly amount: bigint
}

/** What stands after a move: of the lock of `who` for `candidate`, of the candidate, and of the subnet (0: no contest). */
export type AfterMove = {
  readonly done: bigint
  readonly kept: bigint
  readonly conviction: bigint
  readonly leaving: bigint
  readonly leavingConviction: bigint
  readonly free: bigint
  readonly counted: bigint
  readonly contender: bigint
  readonly owner: bigint
}

export function convictionAccount(number: number): Address {
  return `0x${(0x1000 + number).toString(16).padStart(40, '0')}`
}

/** `supply` is alpha that exists at the beginning, second 0. */
export function playConviction(moves: readonly ConvictionMove[], supply: bigint): readonly AfterMove[] {
  const book = new ConvictionBook()
  let [now, owner] = [0, 1]
  let total = supply
  const numberOf = (account: Address | undefined): bigint => (account === undefined ? 0n : BigInt(account) - 0x1000n)
  return moves.map(({ kind, seconds, who, candidate, amount }) => {
    now += seconds
    const [caller, backed] = [convictionAccount(who), convictionAccount(candidate)]
    if (kind === 'mint' || kind === 'lock') total += amount
    const facts = { owner: convictionAccount(owner), supply: total, genesisSeconds: 0 }
    let done = 1n
    try {
      if (kind === 'lock') book.lock(caller, backed, amount, facts, now)
      if (kind === 'unlock') book.unlock(caller, backed, amount, now)
      if (kind === 'withdraw') done = book.withdraw(caller, backed, 'lives', now)
      if (kind === 'contest') book.openContest(backed, facts, now)
      if (kind === 'end') book.endContest(facts, now)
      if (kind === 'take') {
        book.takeOver(caller, facts, now)
        owner = who
      }
    } catch (error) {
      if (!isKoinonError(error)) throw error
      done = 0n
    }
    const lock = book.lockAt(caller, backed, now)
    const isReleased = lock.endsAtSeconds !== 0 && now >= lock.endsAtSeconds
    return {
      done,
      kept: lock.kept.locked,
      conviction: lock.kept.conviction,
      leaving: isReleased ? 0n : lock.leaving.locked,
      leavingConviction: isReleased ? 0n : lock.leaving.conviction,
      free: freeOf(lock),
      counted: countedOf(book.tallyAt(backed, now)),
      contender: numberOf(book.contest?.candidate),
      owner: BigInt(owner),
    }
  })
}
