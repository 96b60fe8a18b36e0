/** Budgets of the home, for its owner alone. */
import type { BudgetsJson } from '@koinon/work/dashboard'
import { type Route, readJson } from './route.ts'

/** `/api/budgets` and `/api/budgets/{grantHash}/revoke`. */
export function budgetRoutes(ask: <result>(method: string, params: unknown) => Promise<result>): readonly Route[] {
  return [
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
