/** What is known of a budget without its key: for whoever shows or explains it. */
import { isKoinonError, type KoinonError } from '@koinon/base'
import { type BudgetGrant, budgetGrantHash } from '../../rules/budget/grant.ts'
import { budgetIntentHash } from '../../rules/budget/intent.ts'
import { parseBudgetIntent } from '../../rules/budget/parse-intent.ts'
import type { BudgetSpent } from '../../rules/budget/spent.ts'
import type { EscrowDomain } from '../../rules/channel.ts'
import { decideIntent } from './intent-decision.ts'
import { type BudgetStore, type SpendEntry, SpendLedger } from './spend-ledger.ts'
import { channelOfIntent } from './stored-intent.ts'

export type BudgetReport = {
  /** Charged by level, the owner's grant first. */
  readonly spent: readonly BudgetSpent[]
  /** What of it was deposited in channels, and no voucher has used so far. */
  readonly inChannelsAtomic: bigint
  /** What waits for the owner. */
  readonly proposals: readonly SpendEntry[]
  /** What was signed, ends by itself and is not concluded, at most 1,000. Vouchers never end: they stand for what was used of their channels. */
  readonly open: readonly SpendEntry[]
}

/** Reads a budget's books; its signer may be at work on them. */
export async function readBudget(
  store: BudgetStore,
  grants: readonly BudgetGrant[],
  chainId: number,
): Promise<BudgetReport> {
  const ledger = new SpendLedger(store, leafOf(grants, chainId), grants)
  await ledger.start()
  const [proposals, open] = await Promise.all([
    ledger.entries(['proposed'], 100),
    ledger.entries(['reserved'], 1_000, 'ending'),
  ])
  return { spent: ledger.spent, inChannelsAtomic: ledger.inChannelsAtomic, proposals, open }
}

export type IntentForecast =
  | { readonly verdict: 'allow' | 'propose' | 'signed already' }
  | { readonly verdict: 'refuse'; readonly error: KoinonError }

/** What the signer would do with an intent now. Changes nothing; `isRevoked` by level. */
export async function forecastIntent(input: {
  readonly store: BudgetStore
  readonly grants: readonly BudgetGrant[]
  readonly domain: EscrowDomain
  readonly isRevoked: readonly boolean[]
  readonly nowMs: number
  readonly intent: unknown
}): Promise<IntentForecast> {
  const { store, grants, domain, isRevoked, nowMs } = input
  const leafHash = leafOf(grants, domain.chainId)
  const ledger = new SpendLedger(store, leafHash, grants)
  await ledger.start()
  try {
    const intent = parseBudgetIntent(input.intent)
    const earlier = await ledger.entry(intent.id)
    const nowSeconds = ledger.notBefore(Math.floor(nowMs / 1000))
    const channelId = channelOfIntent(intent, domain)
    const decision = decideIntent({
      intent,
      leafHash,
      nowSeconds,
      levels: grants.map((grant, level) => ({
        grant,
        spent: ledger.spent[level] as BudgetSpent,
        isRevoked: isRevoked[level] === true,
      })),
      channel: channelId === undefined ? undefined : { id: channelId, spend: ledger.channel(channelId) },
      earlier: earlier?.state === 'reserved' || earlier?.state === 'spent' ? earlier : undefined,
      isApproved: false,
      draft: {
        id: intent.id,
        intentHash: budgetIntentHash(intent, domain.chainId),
        kind: intent.kind,
        intent: '',
        state: 'proposed',
        chargeAtomic: 0n,
        chargedAt: nowSeconds,
        deadline: 0,
      },
    })
    if (decision.kind === 'refused') return { verdict: 'refuse', error: decision.error }
    return {
      verdict: decision.kind === 'charged' ? 'allow' : decision.kind === 'earlier' ? 'signed already' : 'propose',
    }
  } catch (error) {
    if (isKoinonError(error) && error.code.startsWith('payments/bad-')) return { verdict: 'refuse', error }
    throw error
  }
}

function leafOf(grants: readonly BudgetGrant[], chainId: number) {
  return budgetGrantHash(grants.at(-1) as BudgetGrant, chainId)
}
