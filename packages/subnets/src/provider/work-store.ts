import type { DurableStore, SqlStatement } from '@koinon/base/node'
import type { WorkItem } from '../rules/index.ts'

/** Schema for `DurableStore.open`. */
export const workStoreSchema = `
create table if not exists committed_work (
  netuid integer not null, epoch integer not null, list text not null, primary key (netuid, epoch)
) strict;`

/** Lists that this miner has committed to, or is about to: written before the ledger hears of them. */
export class WorkStore {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  async load(netuid: number, epoch: number): Promise<readonly WorkItem[] | undefined> {
    const [row] = await this.#store.read('select list from committed_work where netuid = ? and epoch = ?', [
      netuid,
      epoch,
    ])
    return row === undefined ? undefined : (JSON.parse(String(row['list'])) as WorkItem[])
  }

  /** Keeps the first list of an epoch for ever: a second one could not be committed. Drops those before `oldestEpoch`. */
  async save(netuid: number, epoch: number, items: readonly WorkItem[], oldestEpoch: number): Promise<void> {
    const statements: readonly SqlStatement[] = [
      {
        sql: 'insert into committed_work values (?, ?, ?) on conflict do nothing',
        values: [
          netuid,
          epoch,
          JSON.stringify(items.map(({ receiptHash, requestId }) => ({ receiptHash, requestId }))),
        ],
      },
      { sql: 'delete from committed_work where netuid = ? and epoch < ?', values: [netuid, oldestEpoch] },
    ]
    await this.#store.write(statements)
  }
}
