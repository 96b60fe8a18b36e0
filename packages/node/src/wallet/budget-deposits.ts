import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { durablePayerStore, payerSchema } from '@koinon/payments/client'
import { readChannelFacts, readPendingWithdrawal } from '@koinon/payments/core'
import type { Home } from '../home/home.ts'

/** What still lies in the channels of a budget. Until the owner has it back, whoever has the key can sign it away to their receivers. */
export type BudgetDeposits = {
  /** Not asked back, atomic units. */
  readonly openAtomic: bigint
  /** How long the owner would wait for the last of it. */
  readonly withdrawDelaySeconds: number
  /** Asked back, atomic units. */
  readonly waitingAtomic: bigint
  /** When all of it can be fetched; 0 where nothing was asked back. */
  readonly freeAtMs: number
}

/** Reads the home's channels and the ledger; changes nothing. Throws `store/*` and `payments/ledger-unreachable`. */
export async function readBudgetDeposits(
  home: Home,
  network: NetworkFile,
  { grantHash, owner }: { readonly grantHash: string; readonly owner: string },
): Promise<BudgetDeposits> {
  const nothing = { openAtomic: 0n, withdrawDelaySeconds: 0, waitingAtomic: 0n, freeAtMs: 0 }
  const path = budgetPayerPath(home, grantHash)
  if (!existsSync(path)) return nothing
  const store = await DurableStore.open(path, payerSchema)
  const records = await durablePayerStore(store)
    .load()
    .finally(() => store.close())
  const channels = records.channels.filter(({ config }) => config.payer === owner)
  const reader = createLedgerReader(network)
  const domain = { chainId: network.chainId, escrow: network.contracts.channels }
  const ids = channels.map(({ channelId }) => channelId)
  const facts = await readChannelFacts(reader, domain, ids)
  const pending = await Promise.all(channels.map(({ config }) => readPendingWithdrawal(reader, domain, config)))
  return channels.reduce<BudgetDeposits>((sum, { channelId, config, owedAtomic }, index) => {
    const { depositAtomic = 0n, claimedAtomic = 0n } = facts.get(channelId) ?? {}
    const left = depositAtomic - (claimedAtomic > owedAtomic ? claimedAtomic : owedAtomic)
    const { amountAtomic: asked, availableAtMs } = pending[index] as (typeof pending)[number]
    if (left <= 0n) return sum
    if (asked > 0n) {
      const waitingAtomic = sum.waitingAtomic + (asked < left ? asked : left)
      return { ...sum, waitingAtomic, freeAtMs: Math.max(sum.freeAtMs, availableAtMs) }
    }
    const withdrawDelaySeconds = Math.max(sum.withdrawDelaySeconds, config.withdrawDelay)
    return { ...sum, openAtomic: sum.openAtomic + left, withdrawDelaySeconds }
  }, nothing)
}

/** Where the payer of a budget keeps its channels. */
export function budgetPayerPath(home: Home, grantHash: string): string {
  return join(home.path, 'payer', `budget-${grantHash.slice(2)}.db`)
}
