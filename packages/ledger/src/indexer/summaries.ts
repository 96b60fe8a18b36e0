/** Answers over ALL events that match, worked out by the database: a page of events says nothing about a sum. */
import { and, asc, between, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { ContractName } from '../network-file.ts'
import type { IndexDatabase } from './database.ts'
import { blocks, events } from './schema.ts'

export type SummaryFilter = {
  readonly contract: ContractName
  readonly names: readonly string[]
  /** All subnets, and what belongs to none, when left out. */
  readonly netuid?: number
  /** First and last epoch that count; all when left out, which costs time that grows with the history. */
  readonly epochs?: readonly [number, number]
  /** Unix seconds of the first block that counts; all when left out. */
  readonly sinceSeconds?: number
  /** Argument by whose value events are told apart, e.g. `account`; of several the key is their values joined by `/`. */
  readonly by: string | readonly string[]
}

/** One value of `by` with the sum of an argument over all its events, a decimal string. */
export type ArgumentSum = { readonly key: string; readonly sum: string }

/** The newest, or the first, event of one value of `by`. */
export type KeyedEvent = {
  readonly key: string
  readonly blockNumber: number
  readonly epoch: number | null
  readonly args: Readonly<Record<string, unknown>>
}

/** Sums of the integer argument `sum`. */
export async function sumArguments(
  database: IndexDatabase,
  filter: SummaryFilter & { readonly sum: string },
): Promise<readonly ArgumentSum[]> {
  return database
    .select({ key: keyOf(filter), sum: sql<string>`sum((${events.args} ->> ${filter.sum})::numeric)::text` })
    .from(events)
    .where(matching(filter))
    .groupBy(sql`1`)
    .orderBy(asc(sql`1`))
}

/** The newest event of each value of `by`, however old. */
export function findNewestEvents(database: IndexDatabase, filter: SummaryFilter): Promise<readonly KeyedEvent[]> {
  return oneEach(database, filter, desc)
}

/** The very first event of each value of `by`. */
export function findFirstEvents(database: IndexDatabase, filter: SummaryFilter): Promise<readonly KeyedEvent[]> {
  return oneEach(database, filter, asc)
}

async function oneEach(
  database: IndexDatabase,
  filter: SummaryFilter,
  order: typeof asc,
): Promise<readonly KeyedEvent[]> {
  return database
    .selectDistinctOn([sql`1`], {
      key: keyOf(filter),
      blockNumber: events.blockNumber,
      epoch: events.epoch,
      args: events.args,
    })
    .from(events)
    .where(matching(filter))
    .orderBy(sql`1`, order(events.blockNumber), order(events.logIndex))
}

function keyOf({ by }: SummaryFilter): SQL<string> {
  const values = [by].flat().map((name) => sql`(${events.args} ->> ${name})`)
  return sql<string>`${sql.join(values, sql` || '/' || `)}`
}

function matching({ contract, names, netuid, epochs, sinceSeconds }: SummaryFilter): SQL | undefined {
  return and(
    eq(events.contract, contract),
    inArray(events.name, [...names]),
    netuid === undefined ? undefined : eq(events.netuid, netuid),
    epochs === undefined ? undefined : between(events.epoch, ...epochs),
    // Every event's block is kept, and later blocks are never earlier.
    sinceSeconds === undefined
      ? undefined
      : sql`${events.blockNumber} >= (select min(${blocks.number}) from ${blocks} where ${blocks.timestampSeconds} >= ${sinceSeconds})`,
  )
}
