import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DurableStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
const schema = 'create table if not exists item (id integer primary key, text text not null unique)'
const insert = (text: string) => ({ sql: 'insert into item (text) values (?)', values: [text] })

describe('DurableStore', () => {
  it('keeps what was written across a reopening', async () => {
    const path = join(folder, 'reopen.db')
    const first = await DurableStore.open(path, schema)
    await first.write([insert('a'), insert('b')])
    await first.close()
    const second = await DurableStore.open(path, schema)
    expect(await second.read('select id, text from item order by id')).toEqual([
      { id: 1, text: 'a' },
      { id: 2, text: 'b' },
    ])
    await second.close()
  })

  it('undoes a failed write whole and leaves its neighbours in the same commit', async () => {
    const store = await DurableStore.open(join(folder, 'atomic.db'), schema)
    const results = await Promise.allSettled([
      store.write([insert('a')]),
      store.write([insert('b'), insert('a')]),
      store.write([insert('c')]),
    ])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await store.read('select text from item order by text')).map((row) => row['text'])).toEqual(['a', 'c'])
    await store.close()
  })

  it('undoes a failed write that is alone in its commit, and goes on', async () => {
    const store = await DurableStore.open(join(folder, 'alone.db'), schema)
    await store.write([insert('a')])
    await expect(store.write([insert('b'), insert('a')])).rejects.toMatchObject({ code: 'store/failed' })
    await store.write([insert('c')])
    expect((await store.read('select text from item order by text')).map((row) => row['text'])).toEqual(['a', 'c'])
    await store.close()
  })

  it('takes statements after one that the worker could not prepare or never got', async () => {
    const store = await DurableStore.open(join(folder, 'texts.db'), schema)
    await expect(store.read('select nothing from nowhere')).rejects.toMatchObject({ code: 'store/failed' })
    const untransferable = (() => undefined) as unknown as string
    await expect(store.read('select ? as never_sent', [untransferable])).rejects.toThrow(/could not be cloned/)
    expect(await store.read('select ? as never_sent', ['now'])).toEqual([{ never_sent: 'now' }])
    expect(await store.read('select 2 as two')).toEqual([{ two: 2 }])
    await store.close()
  })

  it('answers many reads of long rows at once, and keeps what was written between them', async () => {
    const store = await DurableStore.open(join(folder, 'long.db'), schema)
    await store.write([insert('x'.repeat(2 ** 20))])
    const reads = Array.from({ length: 150 }, () => store.read('select text from item where id = 1'))
    const written = store.write([insert('between')])
    const after = Array.from({ length: 50 }, () => store.read('select text from item order by id'))
    await written
    for (const [row] of await Promise.all(reads)) expect(String(row?.['text'])).toHaveLength(2 ** 20)
    for (const rows of await Promise.all(after)) expect(rows.length).toBe(2)
    await store.close()
  })

  it('tells once that it stopped by itself, not that it was closed', async () => {
    const told: unknown[] = []
    const open = (name: string) => DurableStore.open(join(folder, name), schema, (error) => void told.push(error))
    await (await open('closed.db')).close()
    const lost = await open('lost.db')
    // More than its thread may hold.
    const rows = 'with recursive n(v) as (select 1 union all select v + 1 from n limit 400)'
    const read = lost.read(`${rows} select v || hex(zeroblob(500000)) as text from n`)
    expect(
      await read.then(
        ({ length }) => length,
        ({ code }) => code,
      ),
    ).toBe('store/lost')
    await expect(lost.read('select 1')).rejects.toMatchObject({ code: 'store/lost' })
    expect(told).toMatchObject([{ code: 'store/lost' }])
  })

  it('returns wide integers as bigint and safe ones as number', async () => {
    const store = await DurableStore.open(join(folder, 'wide.db'), 'create table if not exists n (v integer)')
    await store.write([{ sql: 'insert into n values (?), (?)', values: [9007199254740993n, 5] }])
    expect(await store.read('select v from n order by v')).toEqual([{ v: 5 }, { v: 9007199254740993n }])
    await store.close()
  })

  it('says what to do when the file is no database, and refuses after close', async () => {
    const path = join(folder, 'broken.db')
    writeFileSync(path, 'x'.repeat(5000))
    await expect(DurableStore.open(path, schema)).rejects.toMatchObject({ code: expect.stringMatching(/^store\//) })
    const store = await DurableStore.open(join(folder, 'closed.db'), schema)
    await store.close()
    await expect(store.write([insert('x')])).rejects.toMatchObject({ code: 'store/closed' })
  })

  it('loses nothing acknowledged when the process is killed', async () => {
    const path = join(folder, 'killed.db')
    const child = fork(new URL('./store.test-writer.ts', import.meta.url), [path], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    let acknowledged = 0
    await new Promise<void>((resolve) => {
      child.on('message', (count: number) => {
        acknowledged = count
        if (count >= 200) child.kill('SIGKILL')
      })
      child.on('exit', () => resolve())
    })
    const store = await DurableStore.open(path, schema)
    const [row] = await store.read('select count(*) as n from item')
    expect(row?.['n']).toBeGreaterThanOrEqual(acknowledged)
    expect(acknowledged).toBeGreaterThanOrEqual(200)
    await store.close()
  })
})
