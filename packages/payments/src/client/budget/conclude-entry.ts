/** Finds out what became of something signed and, where it can take no more, gives back what it left of its charge (specs/0025-budgets.md section 4). */
import type { Address, Hex } from '@koinon/base'
import type { BudgetIntent, PayCallIntent, PaymentIntent } from '../../rules/budget/intent.ts'
import type { EscrowDomain } from '../../rules/channel.ts'
import type { BudgetChain, SignedOutcome } from './budget-chain.ts'
import { exactNonce } from './sign-intent.ts'
import { committedAtomic, type SpendEntry, type SpendLedger } from './spend-ledger.ts'
import { channelOfIntent, intentFromText } from './stored-intent.ts'

type ConcludeParts = {
  readonly chain: BudgetChain
  readonly ledger: SpendLedger
  readonly owner: Address
  readonly agent: Address
  readonly domain: EscrowDomain
  readonly batchDigest: (intent: BudgetIntent, entry: SpendEntry) => Hex
}

/**
 * The entry's state afterwards. `transaction` may have settled an `upTo` payment; the ledger says whether it did and for how much. Without it
 * such a payment that was used keeps its whole charge. Throws `payments/ledger-unreachable`.
 */
export async function concludeEntry(
  parts: ConcludeParts,
  entry: SpendEntry,
  transaction?: Hex,
): Promise<SpendEntry['state']> {
  const { chain, ledger, agent, domain } = parts
  const intent = intentFromText(entry.intent)
  const isUpTo = intent.kind === 'payCall' && intent.rail.kind === 'upTo'
  // One that counts whole because nobody knew its transaction.
  const isLate =
    isUpTo && entry.state === 'spent' && transaction !== undefined && entry.chargeAtomic === intent.amountAtomic
  if (entry.state !== 'reserved' && !isLate) return entry.state
  // Vouchers and grants below never end by themselves: they stay counted.
  if (intent.kind === 'grantChild' || entry.deadline === 0) return 'reserved'
  const outcome = await outcomeOf(parts, intent, entry)
  if (outcome === 'unknown') return entry.state
  if (outcome === 'done') {
    const chargedAtomic =
      isUpTo && transaction !== undefined ? await chain.upToCharge(agent, entry.intentHash, transaction) : undefined
    await ledger.settle(entry, chargedAtomic === undefined ? entry.chargeAtomic : chargedAtomic)
    return 'spent'
  }
  const id = channelOfIntent(intent, domain)
  if (id === undefined || intent.kind !== 'deposit') {
    await ledger.release(entry)
    return 'released'
  }
  const before = ledger.channel(id)
  const spend = { ...before, depositedAtomic: before.depositedAtomic - intent.amountAtomic }
  const chargeAtomic = committedAtomic(before) - committedAtomic(spend)
  await ledger.release({ ...entry, chargeAtomic }, { id, spend })
  return 'released'
}

function outcomeOf(
  { chain, owner, agent, batchDigest }: ConcludeParts,
  intent: PaymentIntent,
  entry: SpendEntry,
): Promise<SignedOutcome> {
  if (intent.kind !== 'payCall') return chain.batchOutcome(owner, batchDigest(intent, entry), entry.deadline)
  const { rail } = intent as PayCallIntent
  if (rail.kind === 'upTo') return chain.upToOutcome(agent, entry.intentHash, entry.deadline)
  if (rail.kind !== 'exact') return Promise.resolve('unknown')
  return chain.authorizationOutcome(intent.asset, agent, exactNonce(rail, entry.intentHash), entry.deadline + 1)
}
