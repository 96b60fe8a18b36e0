/** Budgets: those of the home for its owner alone, what the ledger shows of anybody's for everybody. */
import { type Clock, toAddress } from '@koinon/base'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import type { BudgetsJson, LedgerBudgetsJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import { type Route, readJson } from '../route.ts'
import { sparingBy } from '../sparing-by.ts'
import { ledgerBudgetsJson } from './ledger-budgets-json.ts'

export type BudgetRouteSources = {
  readonly network: NetworkFile
  readonly index: IndexClient
  readonly clock: Clock
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
}

const keptAccounts = 64

/** `/api/budgets`, `/api/budgets/{grantHash}/revoke` and `/api/budgets/{account}`. */
export function budgetRoutes({ network, index, clock, ask }: BudgetRouteSources): readonly Route[] {
  const sources = { view: { network, reader: createLedgerReader(network) }, index, clock }
  const ofAccount = sparingBy((account) => ledgerBudgetsJson(sources, toAddress(account)), clock, keptAccounts)
  return [
    {
      method: 'GET',
      path: /^\/api\/budgets\/0x[0-9a-f]{40}$/,
      access: 'open',
      answer: (_request, path): Promise<LedgerBudgetsJson> => ofAccount(path.split('/')[3] as string),
    },
    {
      method: 'GET',
      path: /^\/api\/budgets$/,
      access: 'owner',
      answer: (): Promise<BudgetsJson> => ask('budgets.list', {}),
    },
    {
      method: 'POST',
      path: /^\/api\/budgets\/0x[0-9a-f]{64}\/revoke$/,
      access: 'owner',
      answer: async (request, path) => {
        const { isOnChain } = await readJson(request)
        return ask('budgets.revoke', { grantHash: path.split('/')[3], isOnChain: isOnChain === true })
      },
    },
  ]
}
