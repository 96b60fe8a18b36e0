/** Budgets of the fake network: one that is used and has a proposal, one that is over. */
import { KoinonError } from '@koinon/base'
import type { BudgetJson, BudgetsJson } from '@koinon/work/dashboard'
import type { FakeState } from './fake-state.ts'

const dayMs = 86_400_000
const hex = (byte: string, bytes: number): string => `0x${byte.repeat(bytes)}`

/** `/api/budgets...`. */
export class FakeBudgets {
  #budgets: readonly BudgetJson[]

  constructor({ account, startedAtMs }: FakeState) {
    const terms = {
      ...{ owner: account, asset: hex('d0', 20), receivers: [hex('5a', 20)], services: [], methods: [] },
      ...{ maxPerCallAtomic: '10000', maxPerPeriodAtomic: '500000', maxTotalAtomic: '5000000' },
      ...{ periodSeconds: 86_400, validFromMs: startedAtMs - 3 * dayMs, validUntilMs: startedAtMs + 27 * dayMs },
      words: [
        `It may pay ${hex('5a', 20)}.`,
        'At most 0.01 dollars for one call, 0.5 dollars a day, and 5 dollars in all.',
      ],
    }
    const transfer = { kind: 'transfer', receiver: hex('5a', 20), service: 'https://api.example' }
    const waiting = { ...transfer, id: hex('e1', 32), intentHash: hex('e2', 32), amountAtomic: '250000' }
    this.#budgets = [
      {
        ...{ ...terms, grantHash: hex('b0', 32), label: 'old agent', agent: hex('a0', 20), autonomy: 'full' },
        ...{
          state: 'revoked',
          isKeyHere: true,
          spentAtomic: '40000',
          inChannelsAtomic: '0',
          allocatedAtomic: '0',
          spentInPeriodAtomic: '0',
        },
        ...{ leftAtomic: '0', proposals: [], openCount: 0 },
      },
      {
        ...{ ...terms, grantHash: hex('b1', 32), label: 'helper', agent: hex('a1', 20), autonomy: 'propose' },
        ...{
          state: 'usable',
          isKeyHere: true,
          spentAtomic: '1120000',
          inChannelsAtomic: '100000',
          allocatedAtomic: '500000',
          spentInPeriodAtomic: '120000',
        },
        ...{ leftAtomic: '380000', proposals: [{ ...waiting, atMs: startedAtMs - 60_000 }], openCount: 2 },
      },
    ]
  }

  answer(method: string, path: string): BudgetsJson | { readonly revokedAtMs: number } | undefined {
    if (method === 'GET' && path === '/api/budgets') return { homePath: 'owners-home/.koinon', budgets: this.#budgets }
    const grantHash = path.split('/')[3]
    if (method !== 'POST' || !path.endsWith('/revoke')) return undefined
    if (!this.#budgets.some((budget) => budget.grantHash === grantHash)) {
      throw new KoinonError({ code: 'home/no-budget', message: 'There is no such budget' })
    }
    this.#budgets = this.#budgets.map((budget) =>
      budget.grantHash === grantHash ? { ...budget, state: 'revoked', leftAtomic: '0' } : budget,
    )
    return { revokedAtMs: Date.now() }
  }
}
