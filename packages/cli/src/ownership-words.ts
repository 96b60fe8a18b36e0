/** Locks and the ownership of a subnet in words for people, and in plain JSON. */
import { type Address, formatAmount, KoinonError } from '@koinon/base'
import type { SubnetSummary } from '@koinon/ledger'
import type { HeldLock, OwnershipState } from '@koinon/subnets/pools'
import { utcTime } from './format/time.ts'
import { alphaOf } from './pool-words.ts'

type Fact = readonly [string, string]

const mostShown = 5

/** Who leads, what the owner has against it, and when the subnet could change hands. */
export function ownershipFacts(netuid: number, state: OwnershipState): readonly Fact[] {
  const { ownerLocked, gate, candidates, contest } = state
  const needed = ownerLocked > gate ? ownerLocked : gate
  return [
    [
      'ownership',
      `${formatAmount(ownerLocked)} alpha locked for the owner; whoever has a conviction above ${formatAmount(needed)} leads`,
    ],
    ...candidates
      .slice(0, mostShown)
      .map(
        ({ candidate, counted, locked, leads }, place): Fact => [
          place === 0 ? 'locked for' : '',
          `${candidate}: conviction ${formatAmount(counted)} of ${formatAmount(locked)} alpha${leads ? ', leads' : ''}`,
        ],
      ),
    ...(candidates.length > mostShown ? [['', `and ${candidates.length - mostShown} more`] as const] : []),
    ...(contest === undefined ? [] : [['contested', contestSentence(netuid, contest)] as const]),
    ['could pass', passSentence(state)],
  ]
}

function contestSentence(netuid: number, contest: NonNullable<OwnershipState['contest']>): string {
  const { candidate, fromSeconds, untilSeconds, isVoid } = contest
  if (isVoid)
    return `by ${candidate}, who does not lead or let the time pass: anybody may end it, koinon subnet contest ${netuid} --end`
  return `by ${candidate}, who may take it from ${utcTime(fromSeconds)} to ${utcTime(untilSeconds)} (koinon subnet take-over ${netuid}) unless the owner locks as much`
}

function passSentence({ couldPass, candidates, contestableFromSeconds, contest }: OwnershipState): string {
  if (couldPass === undefined)
    return candidates.length === 0
      ? `no earlier than a notice of 30 days after ${utcTime(contestableFromSeconds)}; nothing is locked for anybody else`
      : 'not within five years, if nobody locks more'
  const condition = contest !== undefined && !contest.isVoid ? '' : ', if nobody locks or unlocks any more'
  return `${utcTime(couldPass.fromSeconds)} at the earliest, to ${couldPass.candidate}${condition}`
}

export function ownershipJson(state: OwnershipState): Record<string, unknown> {
  const { owner, ownerLocked, gate, candidates, contest, contestableFromSeconds, couldPass } = state
  return {
    owner,
    ownerLockedAtomic: `${ownerLocked}`,
    gateAtomic: `${gate}`,
    candidates: candidates.map(({ candidate, locked, counted, leads }) => ({
      candidate,
      lockedAtomic: `${locked}`,
      countedAtomic: `${counted}`,
      leads,
    })),
    contest: contest ?? null,
    contestableFromSeconds,
    couldPass: couldPass ?? null,
  }
}

/** Throws `ledger/subnet-dissolved`, and `ledger/not-owner` with whose it is. */
export function requireOwner(
  { netuid, owner, dissolvedAtSeconds }: Pick<SubnetSummary, 'netuid' | 'owner' | 'dissolvedAtSeconds'>,
  account: Address,
): void {
  if (dissolvedAtSeconds !== undefined)
    throw new KoinonError({
      code: 'ledger/subnet-dissolved',
      message: `Subnet ${netuid} was dissolved ${utcTime(dissolvedAtSeconds)}: nothing of it changes any more`,
      hint: 'See which live: koinon subnet list',
    })
  if (owner === account) return
  throw new KoinonError({
    code: 'ledger/not-owner',
    message: `Subnet ${netuid} belongs to ${owner}, not to ${account}`,
    hint: 'If this home has the key of its owner, name it with --account NAME.',
  })
}

/** What one wallet has locked for one candidate. */
export function lockFacts(netuid: number, candidate: Address, lock: HeldLock): readonly Fact[] {
  const { kept, leaving, free, endsAtSeconds } = lock
  return [
    ['for', candidate],
    ['locked', alphaOf(netuid, kept)],
    ...(endsAtSeconds === undefined
      ? []
      : [['leaving', `${alphaOf(netuid, leaving)}, the last of it free ${utcTime(endsAtSeconds)}`] as const]),
    [
      'free',
      free === 0n
        ? 'nothing yet'
        : `${alphaOf(netuid, free)}: koinon subnet unlock ${netuid} --fetch --for ${candidate} brings it`,
    ],
  ]
}

export function lockJson({ kept, leaving, free, endsAtSeconds }: HeldLock): Record<string, unknown> {
  return {
    keptAtomic: `${kept}`,
    leavingAtomic: `${leaving}`,
    freeAtomic: `${free}`,
    ...(endsAtSeconds === undefined ? {} : { endsAtSeconds }),
  }
}
