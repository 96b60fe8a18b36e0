import type { Address, Hex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { type EpochResult, resultFromJson, resultToJson, type SpecParts } from '../rules/index.ts'
import type { ProbeAnswer } from './probe-answer.ts'

/** Schema for `DurableStore.open`. */
export const validatorStoreSchema = `
create table if not exists assessment (
  netuid integer not null, epoch integer not null, log text not null, packed_row text not null, salt text not null,
  primary key (netuid, epoch)
) strict;
create table if not exists combined_score (
  netuid integer not null, hotkey text not null, epoch integer not null, ppm integer not null,
  primary key (netuid, hotkey, epoch)
) strict;
create table if not exists probe (
  id integer primary key, netuid integer not null, epoch integer not null, hotkey text not null, answer text
) strict;
create index if not exists probe_of on probe (netuid, epoch, hotkey);
create table if not exists list_memory (
  netuid integer not null, hotkey text not null, epoch integer not null, memory text not null,
  primary key (netuid, epoch, hotkey)
) strict;
create table if not exists judged_answer (
  netuid integer not null, epoch integer not null, answer_hash text not null, answer text not null,
  primary key (netuid, answer_hash, epoch)
) strict;
create table if not exists attestation (
  netuid integer not null, epoch integer not null, result text not null, signature text not null, record text not null,
  primary key (netuid, epoch)
) strict;
create table if not exists objection (
  netuid integer not null, epoch integer not null, result_hash text not null, signature text not null,
  primary key (netuid, epoch, result_hash)
) strict;
create table if not exists signed_result (
  netuid integer not null, epoch integer not null, signer text not null, result_hash text not null,
  result text not null, signature text not null,
  primary key (netuid, epoch, signer, result_hash)
) strict;
create table if not exists carry (
  netuid integer not null, epoch integer not null, root text not null, carry text not null,
  primary key (netuid, epoch)
) strict;
create table if not exists spec (
  netuid integer not null, spec_hash text not null, parts text not null,
  primary key (netuid, spec_hash)
) strict;`

/** Of one signer and epoch: two are an offence, and whoever signs more fills no disk. */
const mostSeenResults = 8
/** A disabled root sends the next result back to an earlier one. */
const keptRoots = 32

export type Assessment = { readonly logText: string; readonly packedRow: Hex; readonly salt: Hex }
export type StoredProbe = { readonly hotkey: Address; readonly answer: ProbeAnswer | undefined }
export type Attestation = { readonly result: EpochResult; readonly signature: Hex }
export type Objection = { readonly resultHash: Hex; readonly signature: Hex }
/** A result with the signature of who gave it out. */
export type SeenResult = Attestation & { readonly epoch: number; readonly signer: Address; readonly resultHash: Hex }
export type StoredCarry = { readonly root: Hex; readonly carry: Hex }

/** A validator's memory. What it must not forget between two transactions is here before the first of them. */
export class ValidatorStore {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  /** Row, salt and log of an epoch, with what the next epoch builds on; all or nothing, the first one stays. */
  async saveAssessment(
    netuid: number,
    epoch: number,
    { logText, packedRow, salt }: Assessment,
    next: {
      readonly scores: readonly { readonly hotkey: Address; readonly combinedPpm: number }[]
      /** What the audit of each miner's list left behind. */
      readonly memories: ReadonlyMap<Address, unknown>
      /** Texts of the judged answers by their hash. */
      readonly answers?: ReadonlyMap<Hex, string>
    },
  ): Promise<void> {
    await this.#store.write([
      { sql: 'insert into assessment values (?, ?, ?, ?, ?)', values: [netuid, epoch, logText, packedRow, salt] },
      ...next.scores.map(({ hotkey, combinedPpm }) => ({
        sql: 'insert or replace into combined_score values (?, ?, ?, ?)',
        values: [netuid, hotkey, epoch, combinedPpm],
      })),
      ...[...next.memories].map(([hotkey, memory]) => ({
        sql: 'insert or replace into list_memory values (?, ?, ?, ?)',
        values: [netuid, hotkey, epoch, JSON.stringify(memory)],
      })),
      ...[...(next.answers ?? [])].map(([answerHash, text]) => ({
        sql: 'insert or replace into judged_answer values (?, ?, ?, ?)',
        values: [netuid, epoch, answerHash, text],
      })),
      // Only the very next epoch may build on it.
      { sql: 'delete from list_memory where netuid = ? and epoch < ?', values: [netuid, epoch - 1] },
    ])
  }

  async assessment(netuid: number, epoch: number): Promise<Assessment | undefined> {
    const [row] = await this.#store.read(
      'select log, packed_row, salt from assessment where netuid = ? and epoch = ?',
      [netuid, epoch],
    )
    if (row === undefined) return undefined
    return { logText: String(row['log']), packedRow: row['packed_row'] as Hex, salt: row['salt'] as Hex }
  }

  /** The log of an epoch or the record of an attestation in UTF-8: bytes cost the store's thread no heap. */
  async documentBytes(kind: 'log' | 'record', netuid: number, epoch: number): Promise<Uint8Array | undefined> {
    const table = kind === 'log' ? 'assessment' : 'attestation'
    const sql = `select cast(${kind} as blob) as bytes from ${table} where netuid = ? and epoch = ?`
    const [row] = await this.#store.read(sql, [netuid, epoch])
    return row?.['bytes'] as Uint8Array | undefined
  }

  /** A judged answer and the last epoch that it was judged in. */
  async judgedAnswer(
    netuid: number,
    answerHash: Hex,
  ): Promise<{ readonly epoch: number; readonly text: string } | undefined> {
    const [row] = await this.#store.read(
      'select epoch, answer from judged_answer where netuid = ? and answer_hash = ? order by epoch desc limit 1',
      [netuid, answerHash],
    )
    return row === undefined ? undefined : { epoch: Number(row['epoch']), text: String(row['answer']) }
  }

  /** What the audits of an epoch's lists left behind. */
  async listMemories(netuid: number, epoch: number): Promise<ReadonlyMap<Address, unknown>> {
    const rows = await this.#store.read('select hotkey, memory from list_memory where netuid = ? and epoch = ?', [
      netuid,
      epoch,
    ])
    return new Map(rows.map((row) => [row['hotkey'] as Address, JSON.parse(String(row['memory'])) as unknown]))
  }

  /** Each miner's combined score of the last epoch before `epoch` in which it was scored. */
  async previousScores(netuid: number, epoch: number): Promise<ReadonlyMap<Address, number>> {
    const rows = await this.#store.read(
      'select hotkey, ppm, max(epoch) from combined_score where netuid = ? and epoch < ? group by hotkey',
      [netuid, epoch],
    )
    return new Map(rows.map((row) => [row['hotkey'] as Address, Number(row['ppm'])]))
  }

  async saveProbe(netuid: number, epoch: number, { hotkey, answer }: StoredProbe): Promise<void> {
    await this.#store.write([
      {
        sql: 'insert into probe (netuid, epoch, hotkey, answer) values (?, ?, ?, ?)',
        values: [netuid, epoch, hotkey, answer === undefined ? null : JSON.stringify(answer)],
      },
    ])
  }

  async probes(netuid: number, epoch: number): Promise<readonly StoredProbe[]> {
    const rows = await this.#store.read('select hotkey, answer from probe where netuid = ? and epoch = ? order by id', [
      netuid,
      epoch,
    ])
    return rows.map((row) => ({
      hotkey: row['hotkey'] as Address,
      answer: row['answer'] === null ? undefined : (JSON.parse(String(row['answer'])) as ProbeAnswer),
    }))
  }

  async saveAttestation(attestation: Attestation, recordText: string): Promise<void> {
    const { result, signature } = attestation
    await this.#store.write([
      {
        sql: 'insert or replace into attestation values (?, ?, ?, ?, ?)',
        values: [result.netuid, result.epoch, JSON.stringify(resultToJson(result)), signature, recordText],
      },
    ])
  }

  async attestation(
    netuid: number,
    epoch: number,
  ): Promise<(Attestation & { readonly recordText: string }) | undefined> {
    const signed = await this.signed(netuid, epoch)
    const record = signed && (await this.documentBytes('record', netuid, epoch))
    return record && { ...signed, recordText: new TextDecoder().decode(record) }
  }

  /** What was signed, without the record behind it. */
  async signed(netuid: number, epoch: number): Promise<Attestation | undefined> {
    const sql = 'select result, signature from attestation where netuid = ? and epoch = ?'
    const [row] = await this.#store.read(sql, [netuid, epoch])
    if (row === undefined) return undefined
    return { result: resultFromJson(JSON.parse(String(row['result']))), signature: row['signature'] as Hex }
  }

  async saveObjection(netuid: number, epoch: number, { resultHash, signature }: Objection): Promise<void> {
    await this.#store.write([
      { sql: 'insert or replace into objection values (?, ?, ?, ?)', values: [netuid, epoch, resultHash, signature] },
    ])
  }

  async objections(netuid: number, epoch: number): Promise<readonly Objection[]> {
    const rows = await this.#store.read('select result_hash, signature from objection where netuid = ? and epoch = ?', [
      netuid,
      epoch,
    ])
    return rows.map((row) => ({ resultHash: row['result_hash'] as Hex, signature: row['signature'] as Hex }))
  }

  /** What another validator signed, beside what else it signed of the epoch. */
  async saveSignedResult(signer: Address, resultHash: Hex, { result, signature }: Attestation): Promise<void> {
    const { netuid, epoch } = result
    const text = JSON.stringify(resultToJson(result))
    await this.#store.write([
      {
        sql: `insert or ignore into signed_result select ?, ?, ?, ?, ?, ?
          where (select count(*) from signed_result where netuid = ? and epoch = ? and signer = ?) < ?`,
        values: [netuid, epoch, signer, resultHash, text, signature, netuid, epoch, signer, mostSeenResults],
      },
    ])
  }

  /** Of an epoch and all later ones, ascending by epoch and signer. */
  async signedResults(netuid: number, fromEpoch: number): Promise<readonly SeenResult[]> {
    const rows = await this.#store.read(
      'select * from signed_result where netuid = ? and epoch >= ? order by epoch, signer, result_hash',
      [netuid, fromEpoch],
    )
    return rows.map((row) => ({
      epoch: Number(row['epoch']),
      signer: row['signer'] as Address,
      resultHash: row['result_hash'] as Hex,
      result: resultFromJson(JSON.parse(String(row['result']))),
      signature: row['signature'] as Hex,
    }))
  }

  /** The aggregator's state behind a root. It can be computed again from the ledger; this only saves the time. */
  async saveCarry(netuid: number, epoch: number, { root, carry }: StoredCarry): Promise<void> {
    await this.#store.write([
      { sql: 'insert or replace into carry values (?, ?, ?, ?)', values: [netuid, epoch, root, carry] },
      { sql: 'delete from carry where netuid = ? and epoch < ?', values: [netuid, epoch - keptRoots] },
    ])
  }

  async carry(netuid: number, epoch: number): Promise<StoredCarry | undefined> {
    const [row] = await this.#store.read('select root, carry from carry where netuid = ? and epoch = ?', [
      netuid,
      epoch,
    ])
    return row === undefined ? undefined : { root: row['root'] as Hex, carry: row['carry'] as Hex }
  }

  /** What a spec hash of the subnet is made of: disputes of its epochs need it when another file is in force. Never forgotten. */
  async saveSpec(netuid: number, specHash: Hex, parts: SpecParts): Promise<void> {
    await this.#store.write([
      { sql: 'insert or replace into spec values (?, ?, ?)', values: [netuid, specHash, JSON.stringify(parts)] },
    ])
  }

  async spec(netuid: number, specHash: Hex): Promise<SpecParts | undefined> {
    const [row] = await this.#store.read('select parts from spec where netuid = ? and spec_hash = ?', [
      netuid,
      specHash,
    ])
    return row === undefined ? undefined : (JSON.parse(String(row['parts'])) as SpecParts)
  }

  /** Forgets epochs before `oldestEpoch`, answers before another. States are kept apart: the next result builds on the last of them. */
  async forget(netuid: number, oldestEpoch: number, oldestAnswerEpoch: number): Promise<void> {
    const tables = ['assessment', 'combined_score', 'list_memory', 'probe', 'attestation', 'objection', 'signed_result']
    await this.#store.write(
      [...tables.map((table) => [table, oldestEpoch] as const), ['judged_answer', oldestAnswerEpoch] as const].map(
        ([table, oldest]) => ({ sql: `delete from ${table} where netuid = ? and epoch < ?`, values: [netuid, oldest] }),
      ),
    )
  }
}
