import { DurableStore } from '@koinon/base/node'
import type { NetworkFile } from '@koinon/ledger'
import { type BudgetReport, budgetSchema, readBudget, type SpendEntry } from '@koinon/payments/client/budget'
import { type BudgetGrant, grantWords, leftOfChain, parseGrantChain, spentInPeriod } from '@koinon/payments/rules'
import type { BudgetEntryJson, BudgetJson, BudgetsJson } from '@koinon/work/dashboard'
import { budgetBooks, readBudgets, type StoredBudget } from '../../home/budgets.ts'
import type { Home } from '../../home/home.ts'
import { timeStateOf } from './time-state.ts'

/** All budgets of a home as page and command line show them. Throws `home/bad-budget` and `store/*`. */
export async function budgetsJson(home: Home, network: NetworkFile, nowMs: number): Promise<BudgetsJson> {
  const stored = readBudgets(home)
  if (stored.length === 0) return { homePath: home.path, budgets: [] }
  const store = await DurableStore.open(budgetBooks(home), budgetSchema)
  try {
    const budgets = stored.map(async (budget) => {
      const grants = parseGrantChain(budget.grants).map(({ grant }) => grant)
      return budgetJson(budget, grants, await readBudget(store, grants, network.chainId), network, nowMs)
    })
    return { homePath: home.path, budgets: await Promise.all(budgets) }
  } finally {
    await store.close()
  }
}

/** One budget; `report` is what its books say. */
export function budgetJson(
  stored: StoredBudget,
  grants: readonly BudgetGrant[],
  report: BudgetReport,
  { contracts }: NetworkFile,
  nowMs: number,
): BudgetJson {
  const last = grants.length - 1
  const { receivers, services, methods, ...grant } = grants[last] as BudgetGrant
  const levels = grants.map((item, level) => ({
    grant: item,
    spent: report.spent[level] as BudgetReport['spent'][number],
  }))
  const { spent } = levels[last] as (typeof levels)[number]
  const nowSeconds = Math.floor(nowMs / 1000)
  const state = stored.revokedAtMs === undefined ? timeStateOf(grants, nowSeconds) : 'revoked'
  return {
    grantHash: stored.grantHash,
    label: stored.label,
    owner: grant.owner,
    agent: grant.agent,
    autonomy: grant.autonomy,
    state,
    isKeyHere: stored.sessionKey !== undefined,
    asset: grant.asset,
    receivers,
    services,
    methods,
    maxPerCallAtomic: grant.maxPerCallAtomic.toString(),
    maxPerPeriodAtomic: grant.maxPerPeriodAtomic.toString(),
    maxTotalAtomic: grant.maxTotalAtomic.toString(),
    periodSeconds: grant.periodSeconds,
    validFromMs: grant.validFrom * 1000,
    validUntilMs: grant.validUntil * 1000,
    spentAtomic: spent.totalAtomic.toString(),
    inChannelsAtomic: report.inChannelsAtomic.toString(),
    allocatedAtomic: spent.allocatedAtomic.toString(),
    spentInPeriodAtomic: spentInPeriod(grants[last] as BudgetGrant, spent, nowSeconds).toString(),
    leftAtomic: (state === 'usable' ? leftOfChain(levels, nowSeconds) : 0n).toString(),
    proposals: report.proposals.map(entryJson),
    openCount: report.open.length,
    words: grantWords(grants[last] as BudgetGrant, contracts),
  }
}

function entryJson(entry: SpendEntry): BudgetEntryJson {
  const intent = JSON.parse(entry.intent) as Readonly<Record<string, unknown>>
  const text = (name: string): string | null => (typeof intent[name] === 'string' ? intent[name] : null)
  return {
    id: entry.id,
    intentHash: entry.intentHash,
    kind: entry.kind,
    receiver: text('receiver'),
    service: text('service'),
    amountAtomic: text('amountAtomic') ?? '0',
    atMs: entry.chargedAt * 1000,
  }
}
