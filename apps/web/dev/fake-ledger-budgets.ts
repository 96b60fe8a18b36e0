/** What a ledger would show of an account's budgets: a grant in use, one that was only revoked, and channels. */
import type { LedgerBudgetsJson, LedgerChannelJson, LedgerGrantJson } from '@koinon/work/dashboard'
import type { FakeState } from './fake-state.ts'

const hourMs = 3_600_000
const hex = (byte: string, bytes: number): string => `0x${byte.repeat(bytes)}`

/** `/api/budgets/{account}`; every account has the same traces. */
export function fakeLedgerBudgets(state: FakeState, account: string): LedgerBudgetsJson {
  const now = state.nowMs()
  const agent = hex('a1', 20)
  const owner = account === agent ? state.account : account
  const seen = { owner, lastSeenAtMs: now - hourMs, transactionHash: hex('d1', 32) }
  const grants: readonly LedgerGrantJson[] = [
    {
      ...{ ...seen, grantHash: hex('b1', 32), state: 'usable', spentAtomic: '1120000', uses: 14 },
      terms: {
        ...{ parentGrant: hex('00', 32), agent, autonomy: 'limited', asset: hex('d0', 20), periodSeconds: 86_400 },
        ...{ maxPerCallAtomic: '10000', maxPerPeriodAtomic: '500000', maxTotalAtomic: '5000000', leftAtomic: '380000' },
        ...{ validFromMs: now - 72 * hourMs, validUntilMs: now + 648 * hourMs },
        words: [`The key ${agent} may spend alone, within these lists and amounts, from ${owner}.`],
      },
    },
    { ...seen, grantHash: hex('b7', 32), state: 'revoked', spentAtomic: '0', uses: 0 },
  ]
  const channel = { payer: owner, receiver: hex('5a', 20), state: 'open', openedAtMs: now - 30 * hourMs } as const
  const channels: readonly LedgerChannelJson[] = [
    { ...channel, channelId: hex('c1', 32), authorizer: agent, depositAtomic: '1000000', claimedAtomic: '620000' },
    {
      ...{ ...channel, channelId: hex('c9', 32), authorizer: owner, token: hex('d7', 20), state: 'closed' },
      ...{ depositAtomic: '0', claimedAtomic: '0' },
    },
  ]
  return {
    ...{ asOfBlock: state.block(), asOfMs: now, account, code: 'budgets', fromBlock: 0, isCut: false, grants },
    channels: [...channels],
  }
}
