// Writes rows until killed and reports each one that was acknowledged; driven by store.test.ts.
import { DurableStore } from './store.ts'

const store = await DurableStore.open(
  process.argv[2] as string,
  'create table if not exists item (id integer primary key, text text not null unique)',
)
for (let count = 1; ; count++) {
  await store.write([{ sql: 'insert into item (text) values (?)', values: [`row ${count}`] }])
  process.send?.(count)
}
