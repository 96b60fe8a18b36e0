import type { Hex } from '@koinon/base'
import type { BudgetIntent } from '../../rules/budget/intent.ts'
import { parseBudgetIntent } from '../../rules/budget/parse-intent.ts'
import { channelIdOf, type EscrowDomain } from '../../rules/channel.ts'

/** The intent as it lies in the store: JSON with amounts as decimal text. */
export function intentToText(intent: BudgetIntent): string {
  return JSON.stringify(intent, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

/** Reads what {@link intentToText} wrote. */
export function intentFromText(text: string): BudgetIntent {
  return parseBudgetIntent(JSON.parse(text))
}

/** The channel that an intent pays from or into. */
export function channelOfIntent(intent: BudgetIntent, domain: EscrowDomain): Hex | undefined {
  if (intent.kind === 'deposit') return channelIdOf(intent.channel, domain)
  if (intent.kind === 'payCall' && intent.rail.kind === 'channel') return channelIdOf(intent.rail.channel, domain)
  return undefined
}
