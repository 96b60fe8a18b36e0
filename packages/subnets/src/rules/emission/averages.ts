/** Moving averages over elapsed time in closed form (specs/0013-emission.md section 3): nobody has to touch a subnet every second. */
import { KoinonError } from '@koinon/base'
import { mulQ64, oneQ64, powerQ64 } from '../fixed/q64.ts'

/** Part of a flow average that is left after one second: half after 30 days. */
export const flowKeepQ64 = 18446739140720764749n

/**
 * The average flow after `elapsedSeconds` in which `flow` units came in (negative: went out) evenly, in units per second, rounded towards
 * zero; unchanged when no time passed. `keepQ64` is what a second leaves of the average. Throws `subnets/out-of-range`.
 */
export function flowEmaAfter(input: {
  readonly ema: bigint
  readonly flow: bigint
  readonly elapsedSeconds: bigint
  readonly keepQ64: bigint
}): bigint {
  const { ema, flow, elapsedSeconds, keepQ64 } = input
  if (elapsedSeconds < 0n) throw outOfRange('An elapsed time')
  if (keepQ64 < 0n || keepQ64 > oneQ64) throw outOfRange('What a second leaves of an average')
  if (elapsedSeconds === 0n) return ema
  const keep = powerQ64(keepQ64, elapsedSeconds)
  return (ema * keep * elapsedSeconds + flow * (oneQ64 - keep)) / (elapsedSeconds * oneQ64)
}

/** Part of a level of capital that is left after one second: half after 7 days. */
export const capitalKeepQ64 = 18446722932338324499n

/** Seconds by which a flow average is multiplied to be what came in lately: 30 days / ln 2, rounded down. */
export const flowMemorySeconds = 3_739_465n

/**
 * KOIN that people keep in a pool: what it held both after the last injection and now, less what the protocol lately put in, by its flow
 * average; and the slow average of that. What counts (`capital`) is the lesser of the two: it comes slowly and goes at once. `before` is the
 * average until now, `heldBefore` the KOIN after the last injection, undefined before the first. Rounded down.
 */
export function keptCapital(input: {
  readonly before: bigint
  readonly heldBefore: bigint | undefined
  readonly held: bigint
  readonly protocolFlow: bigint
  readonly elapsedSeconds: bigint
}): { readonly average: bigint; readonly capital: bigint } {
  const { before, heldBefore = 0n, held, protocolFlow, elapsedSeconds } = input
  const own = (heldBefore < held ? heldBefore : held) - protocolFlow * flowMemorySeconds
  const now = own > 0n ? own : 0n
  const keep = powerQ64(capitalKeepQ64, elapsedSeconds)
  const average = mulQ64(before, keep) + mulQ64(now, oneQ64 - keep)
  return { average, capital: average < now ? average : now }
}

function outOfRange(what: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message: `${what} is out of range` })
}
