/** What a seat may cost, as options of the commands that take one. */
import { parseUnits, tokenDecimals } from '@koinon/base'
import type { SeatConfig } from '@koinon/node/joined'

export type SeatOptions = { readonly maxBurn?: string; readonly matchUpTo?: string }

export const maxBurnHelp = 'the most KOIN that is burned for a seat (default: its price at the moment + 5 %)'
export const matchUpToHelp =
  'keep the seat when newcomers claim it, by burning up to so much KOIN in 24 hours (default: never)'

/** The `seat` of a role's configuration; empty when nothing was said. Throws `usage/*` for what is no amount. */
export function seatConfig({ maxBurn, matchUpTo }: SeatOptions): { readonly seat?: SeatConfig } {
  if (maxBurn === undefined && matchUpTo === undefined) return {}
  return {
    seat: {
      ...(maxBurn === undefined ? {} : { maxBurn: parseUnits(maxBurn, tokenDecimals) }),
      ...(matchUpTo === undefined ? {} : { matchUpTo: parseUnits(matchUpTo, tokenDecimals) }),
    },
  }
}
