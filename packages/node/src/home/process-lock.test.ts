import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import { afterAll, describe, expect, it } from 'vitest'
import { holdLock } from './process-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const inUse = (owner: number | 'unknown') => new KoinonError({ code: 'test/in-use', message: `${owner} has it` })

describe('a lock of a process', () => {
  it('is held by one at a time, names its holder and leaves nothing', async () => {
    const path = join(folder, 'one.lock')
    const release = await holdLock(path, inUse)
    await expect(holdLock(path, inUse, 100)).rejects.toThrow(`${process.pid} has it`)
    release()
    ;(await holdLock(path, inUse, 100))()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is taken over from a process that was killed', async () => {
    const path = join(folder, 'killed.lock')
    writeFileSync(path, '4194399')
    ;(await holdLock(path, inUse, 100))()
  })

  it('is left alone where its holder cannot be read', async () => {
    const path = join(folder, 'empty.lock')
    writeFileSync(path, '')
    await expect(holdLock(path, inUse, 100)).rejects.toThrow('unknown has it')
  })
})
