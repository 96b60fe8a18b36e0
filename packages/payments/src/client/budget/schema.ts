/** Tables of a budget's spend ledger. Amounts are decimal text. Rows of several keys may lie in one file, each with one writer. */
export const budgetSchema = `
create table if not exists budget_spent (
  leaf text not null,
  level integer not null,
  total_atomic text not null,
  allocated_atomic text not null,
  period_index integer not null,
  period_atomic text not null,
  charged_at integer not null,
  primary key (leaf, level)
) strict, without rowid;

create table if not exists budget_channels (
  leaf text not null,
  channel_id text not null,
  deposited_atomic text not null,
  voucher_atomic text not null,
  primary key (leaf, channel_id)
) strict, without rowid;

create table if not exists budget_entries (
  leaf text not null,
  id text not null,
  intent_hash text not null,
  kind text not null,
  intent text not null,
  state text not null check (state in ('proposed', 'reserved', 'spent', 'released', 'denied')),
  charge_atomic text not null,
  charged_at integer not null,
  deadline integer not null,
  primary key (leaf, id)
) strict, without rowid;
create index if not exists budget_entries_state on budget_entries (leaf, state);

create table if not exists budget_approvals (
  leaf text not null,
  intent_hash text not null,
  is_approved integer not null,
  signature text not null,
  primary key (leaf, intent_hash)
) strict, without rowid;

create table if not exists budget_revocations (
  grant_hash text primary key,
  signature text not null
) strict, without rowid;
`
