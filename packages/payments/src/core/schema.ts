/**
 * Tables of one role's payments. Unsigned 128-bit amounts are decimal text, because SQLite's integers end at 2^63; the amount of a
 * single receipt is an integer (checked), so that it can be summed. An index that no query needs costs every call a page: files of
 * earlier versions lose theirs at the end. One of those also held that no session signs a number twice, which the receipt ledger alone
 * does now. Long keys split pages often: payers and channels are indexed by their first eight bytes, and queries compare the whole beside
 * them.
 */
export const paymentsSchema = `
create table if not exists payment_channels (
  channel_id text primary key,
  role text not null check (role in ('inbound', 'outbound')),
  config text not null,
  deposit_atomic text not null,
  claimed_atomic text not null,
  owed_pico_usd text not null,
  voucher_atomic text not null,
  voucher_signature text,
  credit_limit_pico_usd text not null,
  status text not null check (status in ('open', 'withdrawing', 'closed')),
  opened_at_ms integer not null
) strict, without rowid;

create table if not exists payment_sessions (
  session_key text primary key,
  started_at_ms integer not null,
  ordinal integer not null unique
) strict, without rowid;

create table if not exists payment_receipts (
  request_id text not null,
  payer text not null,
  payee text not null,
  channel_id text not null,
  kind text not null,
  session_key text not null,
  sequence integer not null,
  receipt_hash text not null,
  upstream_payee text,
  amount_pico_usd integer not null,
  received_at_ms integer not null,
  first_byte_at_ms integer not null,
  ended_at_ms integer not null,
  bundle text not null,
  primary key (request_id, payer)
) strict;
create index if not exists payment_receipts_by_payer on payment_receipts (substr(payer, 3, 16), ended_at_ms);
create index if not exists payment_receipts_ended on payment_receipts (ended_at_ms);
create index if not exists payment_receipts_by_channel on payment_receipts (substr(channel_id, 3, 16));

create table if not exists payment_prepaid (
  channel_id text primary key,
  config text not null,
  owed_pico_usd text not null,
  opened_at_ms integer not null
) strict, without rowid;

create table if not exists payment_exact (
  key text primary key,
  state text not null check (state in ('held', 'settling', 'unknown', 'settled', 'answered', 'refused')),
  payer text not null,
  channel_id text not null,
  request_hash text not null,
  authorization text not null,
  transaction_hash text,
  updated_at_ms integer not null,
  valid_before integer not null
) strict, without rowid;
create index if not exists payment_exact_state on payment_exact (state, payer, updated_at_ms);

create table if not exists payment_calls (
  payer text not null,
  payment_id text not null,
  request_hash text not null,
  charge text not null,
  answer_status integer,
  answer_headers text,
  answer_body blob,
  ended_at_ms integer not null,
  primary key (payer, payment_id)
) strict;

create table if not exists payment_debts (
  request_id text not null,
  payee text not null,
  channel_id text not null,
  amount_pico_usd integer not null,
  reason text not null check (reason in ('unbilled', 'recovered')),
  recorded_at_ms integer not null,
  receipt text not null,
  primary key (request_id, payee)
) strict, without rowid;
create index if not exists payment_debts_payee on payment_debts (payee, recorded_at_ms);

drop index if exists payment_receipts_chain;
drop index if exists payment_receipts_channel;
drop index if exists payment_receipts_payer;
drop index if exists payment_receipts_bill;
drop index if exists payment_calls_ended;
`
