import type { Hex } from '@koinon/base'
import type { DurableStore, SqlRow, SqlStatement } from '@koinon/base/node'
import type { BudgetGrant } from '../../rules/budget/grant.ts'
import { type BudgetSpent, charged, nothingSpent, periodIndexAt } from '../../rules/budget/spent.ts'

/** A `DurableStore`, as far as budgets need one. */
export type BudgetStore = Pick<DurableStore, 'read' | 'write'>

/** `proposed` waits for the owner; `reserved` was or will be signed and counts; `released` is known never to be used. */
export type EntryState = 'proposed' | 'reserved' | 'spent' | 'released' | 'denied'

/** One intent that was asked for. Amounts in atomic units. */
export type SpendEntry = {
  readonly id: Hex
  readonly intentHash: Hex
  readonly kind: string
  /** The intent's JSON, as it was parsed. */
  readonly intent: string
  readonly state: EntryState
  readonly chargeAtomic: bigint
  /** Unix seconds. */
  readonly chargedAt: number
  /** Last second at which what was signed can be used; 0 where it never ends. */
  readonly deadline: number
}

/** What a channel took of a budget: deposits made through it, and the highest voucher signed. */
export type ChannelSpend = { readonly depositedAtomic: bigint; readonly voucherAtomic: bigint }

/** A channel costs the larger of both: a voucher for money that was charged as a deposit costs nothing more. */
export function committedAtomic({ depositedAtomic, voucherAtomic }: ChannelSpend): bigint {
  return depositedAtomic > voucherAtomic ? depositedAtomic : voucherAtomic
}

/**
 * What a key has spent, in memory and in the store. A charge counts at once and is durable when `write` resolves; a write that fails
 * leaves it counted. One writer a key.
 */
export class SpendLedger {
  readonly #store: BudgetStore
  readonly #leaf: Hex
  readonly #grants: readonly BudgetGrant[]
  readonly #spent: BudgetSpent[]
  readonly #channels = new Map<Hex, ChannelSpend>()
  /** Of charges and refunds; never runs back. */
  #latestSeconds = 0
  #failure: unknown

  constructor(store: BudgetStore, leaf: Hex, grants: readonly BudgetGrant[]) {
    this.#store = store
    this.#leaf = leaf
    this.#grants = grants
    this.#spent = grants.map(() => nothingSpent)
  }

  async start(): Promise<void> {
    for (const row of await this.#store.read('select * from budget_spent where leaf = ?', [this.#leaf])) {
      this.#spent[Number(row['level'])] = spentFromRow(row)
      this.#latestSeconds = Math.max(this.#latestSeconds, Number(row['charged_at']))
    }
    for (const row of await this.#store.read('select * from budget_channels where leaf = ?', [this.#leaf])) {
      this.#channels.set(row['channel_id'] as Hex, {
        depositedAtomic: BigInt(row['deposited_atomic'] as string),
        voucherAtomic: BigInt(row['voucher_atomic'] as string),
      })
    }
  }

  /** By level, the owner's grant first. */
  get spent(): readonly BudgetSpent[] {
    return this.#spent
  }

  /** Charged as deposits of channels, and not used by vouchers that were signed. */
  get inChannelsAtomic(): bigint {
    return [...this.#channels.values()].reduce((sum, spend) => sum + committedAtomic(spend) - spend.voucherAtomic, 0n)
  }

  /** The time to count with: a clock that runs back stands still. */
  notBefore(nowSeconds: number): number {
    return Math.max(nowSeconds, this.#latestSeconds)
  }

  channel(channelId: Hex): ChannelSpend {
    return this.#channels.get(channelId) ?? { depositedAtomic: 0n, voucherAtomic: 0n }
  }

  /** What was asked for by its intent's hash. */
  async entryOf(intentHash: Hex): Promise<SpendEntry | undefined> {
    const sql = 'select * from budget_entries where leaf = ? and intent_hash = ?'
    const [row] = await this.#store.read(sql, [this.#leaf, intentHash])
    return row === undefined ? undefined : entryFromRow(row)
  }

  async entry(id: Hex): Promise<SpendEntry | undefined> {
    const [row] = await this.#store.read('select * from budget_entries where leaf = ? and id = ?', [this.#leaf, id])
    return row === undefined ? undefined : entryFromRow(row)
  }

  /** Entries of some states, oldest first; `ending` leaves out what never ends by itself (vouchers, grants below). */
  async entries(
    states: readonly EntryState[],
    limit: number,
    which: 'all' | 'ending' = 'all',
  ): Promise<readonly SpendEntry[]> {
    const marks = states.map(() => '?').join(', ')
    const ending = which === 'ending' ? 'and deadline > 0' : ''
    const sql = `select * from budget_entries where leaf = ? and state in (${marks}) ${ending} order by charged_at, id limit ?`
    return (await this.#store.read(sql, [this.#leaf, ...states, limit])).map(entryFromRow)
  }

  /** Counts a charge at once, at every level; resolves when it is durable. */
  reserve(entry: SpendEntry, channel?: { readonly id: Hex; readonly spend: ChannelSpend }): Promise<void> {
    this.#latestSeconds = this.notBefore(entry.chargedAt)
    for (const [level, grant] of this.#grants.entries()) {
      const before = this.#spent[level] ?? nothingSpent
      this.#spent[level] = charged(grant, before, entry.chargeAtomic, entry.chargedAt)
    }
    if (channel !== undefined) this.#channels.set(channel.id, channel.spend)
    return this.#write([this.#put(entry), ...this.#channelRow(channel?.id)])
  }

  /** Sets the whole total of a grant below aside, at the last level only: it is spent there, not here. */
  allocate(entry: SpendEntry): Promise<void> {
    this.#latestSeconds = this.notBefore(entry.chargedAt)
    const last = this.#spent.length - 1
    const before = this.#spent[last] ?? nothingSpent
    this.#spent[last] = { ...before, allocatedAtomic: before.allocatedAtomic + entry.chargeAtomic }
    return this.#write([this.#put(entry)])
  }

  /** Gives a charge back. Only for what is known never to be used. */
  release(entry: SpendEntry, channel?: { readonly id: Hex; readonly spend: ChannelSpend }): Promise<void> {
    this.#giveBack(entry.chargedAt, entry.chargeAtomic)
    if (channel !== undefined) this.#channels.set(channel.id, channel.spend)
    return this.#write([this.#put({ ...entry, state: 'released' }), ...this.#channelRow(channel?.id)])
  }

  /** What was signed took `chargedAtomic` and can take no more; the rest of its charge comes back. */
  settle(entry: SpendEntry, chargedAtomic: bigint): Promise<void> {
    const chargeAtomic = chargedAtomic < entry.chargeAtomic ? chargedAtomic : entry.chargeAtomic
    this.#giveBack(entry.chargedAt, entry.chargeAtomic - chargeAtomic)
    return this.#write([this.#put({ ...entry, state: 'spent', chargeAtomic })])
  }

  #giveBack(chargedAt: number, amountAtomic: bigint): void {
    for (const [level, grant] of this.#grants.entries()) {
      const before = this.#spent[level] ?? nothingSpent
      const isSamePeriod = periodIndexAt(grant, nothingSpent, chargedAt) === before.periodIndex
      this.#spent[level] = {
        ...before,
        totalAtomic: before.totalAtomic - amountAtomic,
        periodAtomic: isSamePeriod ? before.periodAtomic - amountAtomic : before.periodAtomic,
      }
    }
  }

  /** Writes an entry that changes no amounts. */
  note(entry: SpendEntry): Promise<void> {
    return this.#keep([this.#put(entry)])
  }

  #write(statements: readonly SqlStatement[]): Promise<void> {
    const rows = this.#spent.map((spent, level) => ({
      sql: 'insert or replace into budget_spent values (?, ?, ?, ?, ?, ?, ?)',
      values: [
        this.#leaf,
        level,
        spent.totalAtomic.toString(),
        spent.allocatedAtomic.toString(),
        spent.periodIndex,
        spent.periodAtomic.toString(),
        this.#latestSeconds,
      ],
    }))
    return this.#keep([...statements, ...rows])
  }

  /** After a write that failed, memory and disk may differ: nothing is signed any more until the next start. */
  async #keep(statements: readonly SqlStatement[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      await this.#store.write(statements)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #put(entry: SpendEntry): SqlStatement {
    return {
      sql: 'insert or replace into budget_entries values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      values: [
        this.#leaf,
        entry.id,
        entry.intentHash,
        entry.kind,
        entry.intent,
        entry.state,
        entry.chargeAtomic.toString(),
        entry.chargedAt,
        entry.deadline,
      ],
    }
  }

  #channelRow(id: Hex | undefined): readonly SqlStatement[] {
    if (id === undefined) return []
    const { depositedAtomic, voucherAtomic } = this.channel(id)
    const values = [this.#leaf, id, depositedAtomic.toString(), voucherAtomic.toString()]
    return [{ sql: 'insert or replace into budget_channels values (?, ?, ?, ?)', values }]
  }
}

/** What was charged to a level, as its row has it. */
export function spentFromRow(row: SqlRow): BudgetSpent {
  return {
    totalAtomic: BigInt(row['total_atomic'] as string),
    allocatedAtomic: BigInt(row['allocated_atomic'] as string),
    periodIndex: Number(row['period_index']),
    periodAtomic: BigInt(row['period_atomic'] as string),
  }
}

function entryFromRow(row: SqlRow): SpendEntry {
  return {
    id: row['id'] as Hex,
    intentHash: row['intent_hash'] as Hex,
    kind: row['kind'] as string,
    intent: row['intent'] as string,
    state: row['state'] as EntryState,
    chargeAtomic: BigInt(row['charge_atomic'] as string),
    chargedAt: Number(row['charged_at']),
    deadline: Number(row['deadline']),
  }
}
