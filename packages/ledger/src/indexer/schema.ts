/**
 * The index is an append-only log of decoded contract events with the block each came from. Current state is read by queries over
 * the log, never stored beside it, so undoing a reorganised block is one delete and replaying a range changes nothing.
 */
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/** Blocks that hold events of ours, and the recent ones, to find a fork point by hash. `timestampSeconds` is the block's time. */
export const blocks = pgTable('block', {
  number: bigint('number', { mode: 'number' }).primaryKey(),
  hash: text('hash').notNull(),
  timestampSeconds: bigint('timestamp_seconds', { mode: 'number' }).notNull(),
})

/** One decoded event. Integers in `args` are decimal strings, addresses lower case. `netuid` and `account` are lifted out to be found. */
export const events = pgTable(
  'event',
  {
    blockNumber: bigint('block_number', { mode: 'number' }).notNull(),
    logIndex: integer('log_index').notNull(),
    blockHash: text('block_hash').notNull(),
    transactionHash: text('transaction_hash').notNull(),
    contract: text('contract').notNull(),
    name: text('name').notNull(),
    netuid: integer('netuid'),
    epoch: bigint('epoch', { mode: 'number' }),
    args: jsonb('args').$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.blockNumber, table.logIndex] }),
    index('event_by_name').on(table.contract, table.name, table.netuid, table.epoch),
  ],
)

/** One row: what network this index belongs to and how far it reaches. `block_hash` is the hash of the last indexed block. */
export const cursors = pgTable('cursor', {
  id: integer('id').primaryKey(),
  chainId: bigint('chain_id', { mode: 'number' }).notNull(),
  network: text('network').notNull(),
  blockNumber: bigint('block_number', { mode: 'number' }).notNull(),
  blockHash: text('block_hash').notNull(),
  finalizedNumber: bigint('finalized_number', { mode: 'number' }).notNull(),
  updatedAtMs: bigint('updated_at_ms', { mode: 'number' }).notNull(),
})

/** The same tables as SQL, applied at every start. */
export const indexSchemaSql = `
create table if not exists block (number bigint primary key, hash text not null, timestamp_seconds bigint not null);
create table if not exists event (
  block_number bigint not null, log_index integer not null, block_hash text not null, transaction_hash text not null,
  contract text not null, name text not null, netuid integer, epoch bigint, args jsonb not null,
  primary key (block_number, log_index));
create index if not exists event_by_name on event (contract, name, netuid, epoch);
create table if not exists cursor (
  id integer primary key, chain_id bigint not null, network text not null, block_number bigint not null,
  block_hash text not null, finalized_number bigint not null, updated_at_ms bigint not null);
`
