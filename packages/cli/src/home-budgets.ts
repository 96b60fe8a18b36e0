/** Budgets of a home, as commands ask for them. */
import { dollarDecimals, formatUnits, systemClock, systemRandom } from '@koinon/base'
import { existingAccountKey, findBudget, type Home } from '@koinon/node/home'
import { BudgetDesk, budgetsJson, networkOf } from '@koinon/node/wallet'
import type { BudgetJson } from '@koinon/work/dashboard'

export function openDesk(home: Home): BudgetDesk {
  const key = existingAccountKey(home, 'wallet')
  return new BudgetDesk({ home, network: networkOf(home), key, clock: systemClock, random: systemRandom })
}

/** By its hash, the beginning of it, or its label. Throws `home/no-budget`. */
export async function budgetOf(home: Home, name: string): Promise<BudgetJson> {
  const { grantHash } = findBudget(home, name)
  const { budgets } = await budgetsJson(home, networkOf(home), systemClock.nowMs())
  return budgets.find((item) => item.grantHash === grantHash) as BudgetJson
}

/** 1e-6 dollar as dollars. */
export function dollars(atomic: string): string {
  return formatUnits(BigInt(atomic), dollarDecimals)
}

/** Charged, without what was deposited in channels and not used so far. */
export function usedAtomic({ spentAtomic, inChannelsAtomic }: BudgetJson): string {
  return (BigInt(spentAtomic) - BigInt(inChannelsAtomic)).toString()
}
