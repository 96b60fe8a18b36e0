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
  /** Whether the home has its session key; without it only its agent can pay with it. */
  readonly isKeyHere: boolean
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
  /** Charged: used, or deposited in channels. */
  readonly spentAtomic: string
  /** What of it was deposited in channels and not used so far. */
  readonly inChannelsAtomic: string
  /** Set aside for grants below. */
  readonly allocatedAtomic: string
  readonly spentInPeriodAtomic: string
  /** What one more payment may come to now, by all limits but that of a call. */
  readonly leftAtomic: string
  readonly proposals: readonly BudgetEntryJson[]
  readonly openCount: number
  /** The grant in sentences. */
  readonly words: readonly string[]
}

/** Those of one home, oldest first; other homes of a machine have their own. */
export type BudgetsJson = { readonly homePath: string; readonly budgets: readonly BudgetJson[] }

/** What a grant allows, as its owner and agents signed it. */
export type GrantTermsJson = {
  readonly parentGrant: string
  readonly agent: string
  readonly autonomy: BudgetJson['autonomy']
  readonly asset: string
  readonly maxPerCallAtomic: string
  readonly maxPerPeriodAtomic: string
  readonly maxTotalAtomic: string
  readonly periodSeconds: number
  readonly validFromMs: number
  readonly validUntilMs: number
  /** The least that this grant and those above it leave now, by what the ledger has charged. */
  readonly leftAtomic: string
  /** In sentences. */
  readonly words: readonly string[]
}

/** A grant that left a trace on the ledger. */
export type LedgerGrantJson = {
  readonly grantHash: string
  readonly owner: string
  /** `unknown`: its terms stand nowhere on the ledger. */
  readonly state: BudgetJson['state'] | 'unknown'
  readonly spentAtomic: string
  /** Batches that its key signed. */
  readonly uses: number
  readonly lastSeenAtMs: number
  readonly transactionHash: string
  readonly terms?: GrantTermsJson
}

/** A channel that the account filled, or whose vouchers its key signs: what lies in it is the most that the key can give away. */
export type LedgerChannelJson = {
  readonly channelId: string
  readonly payer: string
  /** Signs the vouchers. */
  readonly authorizer: string
  readonly receiver: string
  /** The token where it is not the network's dollar. */
  readonly token?: string
  readonly state: 'open' | 'withdrawing' | 'closed'
  /** Deposits less refunds. */
  readonly depositAtomic: string
  readonly claimedAtomic: string
  readonly openedAtMs: number
}

/** `GET /api/budgets/{account}`: what anybody can see of an account's budgets, as owner or as session key. */
export type LedgerBudgetsJson = {
  readonly asOfBlock: number
  readonly asOfMs: number
  readonly account: string
  /** What the account runs (EIP-7702): nothing, the code of budgets, other code; or it is a contract. */
  readonly code: 'none' | 'budgets' | 'other' | 'contract'
  /** Grants were looked for from this block on. */
  readonly fromBlock: number
  /** There are more grants or channels than are told. */
  readonly isCut: boolean
  /** Last seen first. */
  readonly grants: readonly LedgerGrantJson[]
  /** Newest first. */
  readonly channels: readonly LedgerChannelJson[]
}
