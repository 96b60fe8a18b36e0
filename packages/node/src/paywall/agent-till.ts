import type { AgentTill } from '@koinon/agents/provider'
import { type Clock, picoUsdToAtomicUp } from '@koinon/base'
import { destination, pino } from 'pino'
import type { Home } from '../home/home.ts'
import { openHomeTill } from './home-till.ts'
import type { TillEarnings } from './till-earnings.ts'

export type OpenAgentTill = AgentTill & { earnings(): Promise<TillEarnings>; stop(): Promise<void> }

/** An agent's service may hire others before it answers. */
const timeoutSeconds = 120

/**
 * The till of an agent on a home, paid to the home's account in whole atomic units, rounded up. Where gas costs money single payments are not
 * taken. Throws as `openHomeTill`.
 */
export async function openAgentTill(home: Home, clock: Clock): Promise<OpenAgentTill> {
  const log = pino({ base: { role: 'agent' }, level: 'warn' }, destination(2))
  const till = await openHomeTill(home, clock, log)
  const backEnds = till.network.chainKind === 'embedded' ? (['channel', 'exact'] as const) : (['channel'] as const)
  return {
    desk: till.desk,
    wiresAt: (origin) => till.wiresAt(origin),
    terms: (resource, pricePicoUsd) => ({
      ...till.seller,
      resource,
      maximumAtomic: picoUsdToAtomicUp(pricePicoUsd),
      backEnds,
      timeoutSeconds,
    }),
    earnings: () => till.earnings(),
    stop: () => till.stop(),
  }
}
