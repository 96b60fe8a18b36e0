/** The emission schedule and its split, from who lived when and three constants (specs/0010 section 4). Own code: it is what contracts are held against. */

export type Schedule = {
  /** Atomic units a second until the first halving. */
  readonly emissionPerSecond: bigint
  readonly halvingSeconds: bigint
  readonly startsAtSeconds: bigint
  /** When subnets 1, 2, ... lived, in Unix seconds; `to` is missing while one does. */
  readonly lives: readonly { readonly from: bigint; readonly to?: bigint }[]
}

/** Atomic units issued for all subnets together until a time. */
export function issuedUntil({ emissionPerSecond, halvingSeconds, startsAtSeconds }: Schedule, at: bigint): bigint {
  let issued = 0n
  let rate = emissionPerSecond
  for (let from = startsAtSeconds; from < at && rate > 0n; from += halvingSeconds, rate /= 2n) {
    const to = from + halvingSeconds < at ? from + halvingSeconds : at
    issued += rate * (to - from)
  }
  return issued
}

/** Seconds at which the number of living subnets changed, each with the number from there on; ascending. Ends come before beginnings. */
export function splitChanges({ lives }: Schedule): readonly { readonly since: bigint; readonly living: number }[] {
  const moments = lives.flatMap(({ from, to }) => [
    { since: from, step: 1 },
    ...(to === undefined ? [] : [{ since: to, step: -1 }]),
  ])
  let living = 0
  return moments
    .sort((a, b) => (a.since === b.since ? a.step - b.step : a.since < b.since ? -1 : 1))
    .map(({ since, step }) => {
      living += step
      return { since, living }
    })
}

/** Atomic units accrued to a subnet until a time: its part of every stretch between two changes, each rounded down. */
export function accruedUntil(schedule: Schedule, netuid: number, at: bigint): bigint {
  const own = schedule.lives[netuid - 1]
  if (own === undefined) return 0n
  const until = own.to !== undefined && own.to < at ? own.to : at
  return until <= own.from ? 0n : counterAt(schedule, until) - counterAt(schedule, own.from)
}

function counterAt(schedule: Schedule, at: bigint): bigint {
  const changes = splitChanges(schedule)
  let counter = 0n
  changes.forEach(({ since, living }, index) => {
    if (since >= at || living === 0) return
    const next = changes[index + 1]?.since
    const until = next !== undefined && next < at ? next : at
    counter += (issuedUntil(schedule, until) - issuedUntil(schedule, since)) / BigInt(living)
  })
  return counter
}
