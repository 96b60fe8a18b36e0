/** The epoch clock of a subnet (specs/0007-epochs.md section 1). All times are Unix seconds of the ledger. */

/** Fixed at the subnet's creation. The three phases follow an epoch in this order and together are shorter than one. */
export type SubnetClock = {
  readonly genesisSeconds: number
  readonly epochSeconds: number
  readonly workCommitSeconds: number
  readonly weightCommitSeconds: number
  readonly weightRevealSeconds: number
  readonly activationDelaySeconds: number
}

/** Unix seconds. Every phase is half open: [previous end, this end). */
export type EpochWindow = {
  readonly startsAtSeconds: number
  readonly endsAtSeconds: number
  readonly workCommitEndsAtSeconds: number
  readonly weightCommitEndsAtSeconds: number
  readonly revealEndsAtSeconds: number
}

/** `future`: not begun. `root`: from the end of reveals on, for as long as no later epoch has a root. */
export type EpochPhase = 'future' | 'open' | 'workCommit' | 'weightCommit' | 'weightReveal' | 'root'

/** Epochs from the announcement of texts, rules of seats and owner's hotkeys to their force (`UPDATE_DELAY_EPOCHS`). */
export const updateDelayEpochs = 2

/** The epoch that a time falls in; -1 before genesis. */
export function epochAt(clock: SubnetClock, atSeconds: number): number {
  if (atSeconds < clock.genesisSeconds) return -1
  return Math.floor((atSeconds - clock.genesisSeconds) / clock.epochSeconds)
}

/** The phases of an epoch. */
export function epochWindow(clock: SubnetClock, epoch: number): EpochWindow {
  const startsAtSeconds = clock.genesisSeconds + epoch * clock.epochSeconds
  const endsAtSeconds = startsAtSeconds + clock.epochSeconds
  const workCommitEndsAtSeconds = endsAtSeconds + clock.workCommitSeconds
  const weightCommitEndsAtSeconds = workCommitEndsAtSeconds + clock.weightCommitSeconds
  return {
    startsAtSeconds,
    endsAtSeconds,
    workCommitEndsAtSeconds,
    weightCommitEndsAtSeconds,
    revealEndsAtSeconds: weightCommitEndsAtSeconds + clock.weightRevealSeconds,
  }
}

/** Where an epoch stands at a time. */
export function epochPhase(window: EpochWindow, atSeconds: number): EpochPhase {
  if (atSeconds < window.startsAtSeconds) return 'future'
  if (atSeconds < window.endsAtSeconds) return 'open'
  if (atSeconds < window.workCommitEndsAtSeconds) return 'workCommit'
  if (atSeconds < window.weightCommitEndsAtSeconds) return 'weightCommit'
  return atSeconds < window.revealEndsAtSeconds ? 'weightReveal' : 'root'
}
