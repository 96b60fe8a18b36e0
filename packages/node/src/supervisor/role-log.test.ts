import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RoleLog } from './role-log.ts'

const mebibyte = 1024 * 1024
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('RoleLog', () => {
  it('appends across restarts and notes in JSON lines', () => {
    for (const text of ['one', 'two']) {
      const log = new RoleLog(folder, 'gateway')
      log.note('supervisor', text)
      log.close()
    }
    const lines = readFileSync(join(folder, 'gateway.jsonl'), 'utf8').trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['one', 'two'])
    expect(statSync(join(folder, 'gateway.jsonl')).mode & 0o777).toBe(0o600)
  })

  it('keeps two files and no more than about 16 MiB', () => {
    const log = new RoleLog(folder, 'chain')
    const portion = Buffer.alloc(mebibyte, 'x')
    for (let i = 0; i < 30; i++) log.write(portion)
    log.note('supervisor', 'last')
    log.close()
    const [current, older] = [log.path, `${log.path}.1`].map((path) => statSync(path).size) as [number, number]
    expect(current).toBeLessThanOrEqual(9 * mebibyte + 200)
    expect(older).toBeLessThanOrEqual(9 * mebibyte + 200)
    expect(readFileSync(log.path, 'utf8')).toContain('"last"')
  })

  it('goes on in the full file when it cannot be renamed', () => {
    const log = new RoleLog(folder, 'chain')
    mkdirSync(join(`${log.path}.1`, 'in-the-way'), { recursive: true })
    log.write(Buffer.alloc(9 * mebibyte, 'x'))
    log.write(Buffer.from('lost'))
    rmSync(`${log.path}.1`, { recursive: true })
    log.write(Buffer.from('kept'))
    log.close()
    expect(readFileSync(log.path, 'utf8')).toBe('kept')
  })

  it('writes nothing, and into no other file, once closed', () => {
    const log = new RoleLog(folder, 'chain')
    log.close()
    log.close()
    const other = new RoleLog(folder, 'other')
    log.write(Buffer.from('late words'))
    other.close()
    expect(readFileSync(other.path, 'utf8')).toBe('')
    writeFileSync(log.path, '')
    expect(existsSync(log.path)).toBe(true)
  })
})
