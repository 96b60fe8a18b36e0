/** What one lock is and has gathered after a time (specs/0013-emission.md section 8), as `contracts/src/subnets/ConvictionMath.sol` has it. */
import { KoinonError } from '@koinon/base'
import { expQ64, mulQ64, oneQ64 } from './fixed/q64.ts'

/** e^(-seconds / tau) in Q64: 1 at once, 0 for a tau of 0 afterwards. */
export function decayQ64(seconds: bigint, tauSeconds: bigint): bigint {
  if (seconds < 0n || tauSeconds < 0n) throw outOfRange('A time')
  if (seconds === 0n) return oneQ64
  if (tauSeconds === 0n) return 0n
  return expQ64(-((seconds * oneQ64) / tauSeconds))
}

/** Locked mass and the conviction it has gathered, in token units. */
export type Conviction = { readonly locked: bigint; readonly conviction: bigint }

/**
 * A lock after `seconds`: the mass decays with tau, conviction follows it with the same tau: m e^-x and c e^-x + m x e^-x, x = seconds / tau.
 * A perpetual lock keeps its mass and conviction goes to it: c e^-x + m (1 - e^-x). All rounded down.
 */
export function convictionAfter(
  { locked, conviction }: Conviction,
  lock: { readonly seconds: bigint; readonly tauSeconds: bigint; readonly decays: boolean },
): Conviction {
  if (locked < 0n || conviction < 0n) throw outOfRange('A lock')
  const { seconds, tauSeconds } = lock
  const left = decayQ64(seconds, tauSeconds)
  if (!lock.decays) return { locked, conviction: mulQ64(conviction, left) + mulQ64(locked, oneQ64 - left) }
  const moved = tauSeconds === 0n ? 0n : (mulQ64(locked, left) * seconds) / tauSeconds
  return { locked: mulQ64(locked, left), conviction: mulQ64(conviction, left) + moved }
}

function outOfRange(what: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message: `${what} is out of range` })
}
