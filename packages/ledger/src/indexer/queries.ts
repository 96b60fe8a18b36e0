/** Questions that screens and roles put to the index. All answers hold as of the index's last block. */
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { ContractName } from '../network-file.ts'
import type { IndexDatabase } from './database.ts'
import { blocks, events } from './schema.ts'

/** One event with its block's time. */
export type IndexedEvent = {
  readonly blockNumber: number
  readonly timestampSeconds: number
  readonly transactionHash: string
  readonly contract: string
  readonly name: string
  readonly netuid: number | null
  readonly epoch: number | null
  readonly args: Readonly<Record<string, unknown>>
}

export type EventFilter = {
  readonly contract: ContractName
  readonly names: readonly string[]
  readonly netuid?: number
  readonly epoch?: number
  /** Exact matches within the event's arguments, e.g. `{ account: '0x...' }`; `config.payer` is a member of a struct. */
  readonly where?: Readonly<Record<string, string>>
  readonly order?: 'oldest' | 'newest'
  readonly limit?: number
}

const defaultLimit = 10_000

/** Events that match, oldest first unless told otherwise. */
export async function findEvents(database: IndexDatabase, filter: EventFilter): Promise<readonly IndexedEvent[]> {
  const conditions = [eq(events.contract, filter.contract), inArray(events.name, [...filter.names])]
  if (filter.netuid !== undefined) conditions.push(eq(events.netuid, filter.netuid))
  if (filter.epoch !== undefined) conditions.push(eq(events.epoch, filter.epoch))
  for (const [key, value] of Object.entries(filter.where ?? {}))
    conditions.push(sql`${events.args} #>> string_to_array(${key}, '.') = ${value}`)
  const direction = filter.order === 'newest' ? desc : asc
  return database
    .select({
      blockNumber: events.blockNumber,
      timestampSeconds: blocks.timestampSeconds,
      transactionHash: events.transactionHash,
      contract: events.contract,
      name: events.name,
      netuid: events.netuid,
      epoch: events.epoch,
      args: events.args,
    })
    .from(events)
    .innerJoin(blocks, eq(blocks.number, events.blockNumber))
    .where(and(...conditions))
    .orderBy(direction(events.blockNumber), direction(events.logIndex))
    .limit(Math.min(filter.limit ?? defaultLimit, defaultLimit))
}

/** Transfers of a token from or to an account, newest first. */
export async function findTransfers(
  database: IndexDatabase,
  contract: 'token' | 'dollar',
  account: string,
  limit: number,
): Promise<readonly IndexedEvent[]> {
  const [sent, received] = await Promise.all(
    ['from', 'to'].map((side) =>
      findEvents(database, { contract, names: ['Transfer'], where: { [side]: account }, order: 'newest', limit }),
    ),
  )
  return [...(sent ?? []), ...(received ?? [])].sort((a, b) => b.blockNumber - a.blockNumber).slice(0, limit)
}
