/** The emission schedule and its split, from geneses and three constants (specs/0010 section 4). Own code: it is what contracts are held against. */

export type Schedule = {
  /** Atomic units a second until the first halving. */
  readonly emissionPerSecond: bigint
  readonly halvingSeconds: bigint
  readonly startsAtSeconds: bigint
  /** Geneses of subnets 1, 2, ... in Unix seconds. */
  readonly geneses: readonly bigint[]
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

/** Atomic units accrued to a subnet until a time: its part of every stretch between two geneses, each rounded down. */
export function accruedUntil(schedule: Schedule, netuid: number, at: bigint): bigint {
  const { geneses } = schedule
  const own = geneses[netuid - 1]
  if (own === undefined || at <= own) return 0n
  return counterAt(schedule, at) - counterAt(schedule, own)
}

function counterAt(schedule: Schedule, at: bigint): bigint {
  const { geneses } = schedule
  let counter = 0n
  geneses.forEach((genesis, index) => {
    if (genesis >= at) return
    const next = geneses[index + 1]
    const until = next !== undefined && next < at ? next : at
    counter += (issuedUntil(schedule, until) - issuedUntil(schedule, genesis)) / BigInt(index + 1)
  })
  return counter
}
