import type { Hex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'

/** Schema for `DurableStore.open`. */
export const taskAnswerStoreSchema = `
create table if not exists task_answer (
  netuid integer not null, epoch integer not null, task integer not null, request_id text not null,
  answer_hash text not null, answer text not null, primary key (netuid, epoch, task)
) strict;
create index if not exists task_answer_of on task_answer (netuid, request_id);
create table if not exists answered_epoch (netuid integer not null, epoch integer not null, primary key (netuid, epoch)) strict;`

export type StoredTaskAnswer = {
  readonly task: number
  readonly requestId: Hex
  readonly answerHash: Hex
  readonly text: string
}

/** A miner's answers, on disk before they are committed. */
export class TaskAnswerStore {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  async hasAnswered(netuid: number, epoch: number): Promise<boolean> {
    const rows = await this.#store.read('select 1 from answered_epoch where netuid = ? and epoch = ?', [netuid, epoch])
    return rows.length > 0
  }

  /** All answers of an epoch at once; those of an epoch that has some already are not replaced. Drops epochs before `oldestEpoch`. */
  async save(netuid: number, epoch: number, answers: readonly StoredTaskAnswer[], oldestEpoch: number): Promise<void> {
    await this.#store.write([
      { sql: 'insert into answered_epoch values (?, ?) on conflict do nothing', values: [netuid, epoch] },
      ...answers.map(({ task, requestId, answerHash, text }) => ({
        sql: 'insert into task_answer values (?, ?, ?, ?, ?, ?) on conflict do nothing',
        values: [netuid, epoch, task, requestId, answerHash, text],
      })),
      ...['task_answer', 'answered_epoch'].map((table) => ({
        sql: `delete from ${table} where netuid = ? and epoch < ?`,
        values: [netuid, oldestEpoch],
      })),
    ])
  }

  /** Ascending by question. */
  async answers(netuid: number, epoch: number): Promise<readonly StoredTaskAnswer[]> {
    const rows = await this.#store.read(
      'select task, request_id, answer_hash, answer from task_answer where netuid = ? and epoch = ? order by task',
      [netuid, epoch],
    )
    return rows.map((row) => ({
      task: Number(row['task']),
      requestId: row['request_id'] as Hex,
      answerHash: row['answer_hash'] as Hex,
      text: String(row['answer']),
    }))
  }

  async find(netuid: number, requestId: Hex): Promise<{ readonly epoch: number; readonly text: string } | undefined> {
    const [row] = await this.#store.read('select epoch, answer from task_answer where netuid = ? and request_id = ?', [
      netuid,
      requestId,
    ])
    return row === undefined ? undefined : { epoch: Number(row['epoch']), text: String(row['answer']) }
  }
}
