/** What a home's budgets may still spend: the page *Budgets* and `koinon budget list`. Amounts are decimal text of atomic units. */

/** An intent that waits for the owner, or was signed and is not concluded. */
export type BudgetEntryJson = {
  readonly id: string
  readonly intentHash: string
  readonly kind: string
  readonly receiver: string | null
  readonly service: string | null
  readonly amountAtomic: string
  readonly atMs: number
}

/** One key's budget, by the last grant of its chain. */
export type BudgetJson = {
  readonly grantHash: string
  readonly label: string
  readonly owner: string
  readonly agent: string
  readonly autonomy: 'alert' | 'propose' | 'limited' | 'full'
  readonly state: 'usable' | 'not yet' | 'ended' | 'revoked'
  readonly asset: string
  readonly receivers: readonly string[]
  readonly services: readonly string[]
  readonly methods: readonly string[]
  readonly maxPerCallAtomic: string
  readonly maxPerPeriodAtomic: string
  readonly maxTotalAtomic: string
  readonly periodSeconds: number
  readonly validFromMs: number
  readonly validUntilMs: number
  /** Charged, and set aside for grants below. */
  readonly spentAtomic: string
  readonly allocatedAtomic: string
  readonly spentInPeriodAtomic: string
  /** What one more payment may come to now, by all limits but that of a call. */
  readonly leftAtomic: string
  readonly proposals: readonly BudgetEntryJson[]
  readonly openCount: number
  /** The grant in sentences. */
  readonly words: readonly string[]
}

/** Oldest first. */
export type BudgetsJson = { readonly budgets: readonly BudgetJson[] }
