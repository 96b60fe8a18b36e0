import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { durablePayerStore, payerSchema } from '@koinon/payments/client'
import { reachable, readChannelFacts, readPendingWithdrawal } from '@koinon/payments/core'
import type { Home } from '../home/home.ts'

/** Where the deposits of a budget are; amounts in atomic units. Until the owner has the rest back, whoever has the key can sign it away to the receivers. */
export type BudgetDeposits = {
  /** Not asked back. */
  readonly openAtomic: bigint
  /** How long the owner would wait for the last of it. */
  readonly withdrawDelaySeconds: number
  /** Asked back, and to be waited for. */
  readonly waitingAtomic: bigint
  /** When all of that can be fetched; 0 where nothing waits. */
  readonly freeAtMs: number
  /** Asked back, and to be fetched now. */
  readonly freeAtomic: bigint
  /** Claimed by receivers beyond the charges that this home agreed with. */
  readonly overclaimedAtomic: bigint
}

/** A channel by this home's records and by the ledger; amounts in atomic units. */
export type DepositFacts = {
  readonly depositAtomic: bigint
  readonly claimedAtomic: bigint
  readonly owedAtomic: bigint
  readonly withdrawDelaySeconds: number
  readonly askedAtomic: bigint
  readonly availableAtMs: number
}

/**
 * Reads the home's channels and the ledger; changes nothing. Undefined where the home has no record of channels. Throws `store/*` and
 * `payments/ledger-unreachable`.
 */
export async function readBudgetDeposits(
  home: Home,
  network: NetworkFile,
  { grantHash, owner }: { readonly grantHash: string; readonly owner: string },
  nowMs: number,
): Promise<BudgetDeposits | undefined> {
  const path = budgetPayerPath(home, grantHash)
  if (!existsSync(path)) return undefined
  const store = await DurableStore.open(path, payerSchema)
  const records = await durablePayerStore(store)
    .load()
    .finally(() => store.close())
  const channels = records.channels.filter(({ config }) => config.payer === owner)
  const reader = createLedgerReader(network)
  const domain = { chainId: network.chainId, escrow: network.contracts.channels }
  const ids = channels.map(({ channelId }) => channelId)
  const [facts, { timestamp }, ...pending] = await Promise.all([
    readChannelFacts(reader, domain, ids),
    reachable(reader.getBlock()),
    ...channels.map(({ config }) => readPendingWithdrawal(reader, domain, config)),
  ])
  return sumDeposits(
    channels.map(({ channelId, config, owedAtomic }, index) => {
      const { depositAtomic = 0n, claimedAtomic = 0n } = facts.get(channelId) ?? {}
      const { amountAtomic: askedAtomic = 0n, availableAtMs = 0 } = pending[index] ?? {}
      const { withdrawDelay: withdrawDelaySeconds } = config
      return { depositAtomic, claimedAtomic, owedAtomic, withdrawDelaySeconds, askedAtomic, availableAtMs }
    }),
    Math.max(nowMs, Number(timestamp) * 1000),
  )
}

/** What channels come to at a time. */
export function sumDeposits(channels: readonly DepositFacts[], nowMs: number): BudgetDeposits {
  let openAtomic = 0n
  let withdrawDelaySeconds = 0
  let waitingAtomic = 0n
  let freeAtMs = 0
  let freeAtomic = 0n
  let overclaimedAtomic = 0n
  for (const { depositAtomic, claimedAtomic, owedAtomic, askedAtomic, availableAtMs, ...channel } of channels) {
    const isOverclaimed = claimedAtomic > owedAtomic
    if (isOverclaimed) overclaimedAtomic += claimedAtomic - owedAtomic
    const left = depositAtomic - (isOverclaimed ? claimedAtomic : owedAtomic)
    if (left <= 0n) continue
    const comingAtomic = askedAtomic < left ? askedAtomic : left
    if (availableAtMs <= nowMs) freeAtomic += comingAtomic
    else if (comingAtomic > 0n) {
      waitingAtomic += comingAtomic
      freeAtMs = Math.max(freeAtMs, availableAtMs)
    }
    if (comingAtomic === left) continue
    openAtomic += left - comingAtomic
    withdrawDelaySeconds = Math.max(withdrawDelaySeconds, channel.withdrawDelaySeconds)
  }
  return { openAtomic, withdrawDelaySeconds, waitingAtomic, freeAtMs, freeAtomic, overclaimedAtomic }
}

/** Where the payer of a budget keeps its channels. */
export function budgetPayerPath(home: Home, grantHash: string): string {
  return join(home.path, 'payer', `budget-${grantHash.slice(2)}.db`)
}
