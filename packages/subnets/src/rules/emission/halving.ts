/**
 * How much is issued (specs/0013-emission.md section 2): a rate per second that is a pure integer function of the issuance, halved
 * whenever half of what was left is out. The same curve serves KOIN and every subnet's token.
 */
import { KoinonError } from '@koinon/base'

/** `cap` units exist at most; `base` units are issued per second before the first halving. 0 < 2 * base <= cap < 2^128. */
export type HalvingSchedule = { readonly cap: bigint; readonly base: bigint }

/** Number k of halvings: the largest with issuance >= cap - cap / 2^k, without rounding. Undefined when the cap is reached. */
function halvingsPassed(cap: bigint, issuance: bigint): bigint | undefined {
  const left = cap - issuance
  if (left <= 0n) return undefined
  return BigInt((cap / left).toString(2).length - 1)
}

/**
 * Units per second at an issuance: floor(base / 2^k), 0 at the cap and above.
 * Throws `subnets/out-of-range` on a schedule outside its bounds or a negative issuance.
 */
export function emissionRate({ cap, base }: HalvingSchedule, issuance: bigint): bigint {
  requireSchedule(cap, base, issuance)
  const halvings = halvingsPassed(cap, issuance)
  return halvings === undefined ? 0n : base >> halvings
}

/**
 * Units issued in `seconds` from `issuance` on when every second adds the rate at its start: the sum of that recurrence in one step per
 * halving. Never passes the cap. Throws as `emissionRate`, and on a negative time.
 */
export function issuedOver({ cap, base }: HalvingSchedule, issuance: bigint, seconds: bigint): bigint {
  requireSchedule(cap, base, issuance)
  if (seconds < 0n) throw outOfRange('Time does not run backwards')
  let reached = issuance
  for (let left = seconds; left > 0n; ) {
    const halvings = halvingsPassed(cap, reached)
    const rate = halvings === undefined ? 0n : base >> halvings
    if (halvings === undefined || rate === 0n) break
    // The first issuance at which one more halving has passed.
    const threshold = cap - (cap >> (halvings + 1n))
    const toThreshold = (threshold - reached + rate - 1n) / rate
    const steps = toThreshold < left ? toThreshold : left
    reached += rate * steps
    left -= steps
  }
  return reached - issuance
}

function requireSchedule(cap: bigint, base: bigint, issuance: bigint): void {
  if (base <= 0n || 2n * base > cap || cap >> 128n !== 0n) {
    throw outOfRange('A halving schedule has 0 < 2 * base <= cap < 2^128')
  }
  if (issuance < 0n) throw outOfRange('An issuance is not negative')
}

function outOfRange(message: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message })
}
