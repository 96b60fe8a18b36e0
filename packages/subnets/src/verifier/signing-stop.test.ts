import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { SigningStop } from './signing-stop.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-stop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const why = { netuid: 3, epoch: 7, resultHash: `0x${'ab'.repeat(32)}`, what: 'amount' } as const

it('holds across restarts with its first reason until the file is deleted', () => {
  const path = join(folder, 'stop.json')
  const stop = new SigningStop(path)
  expect(stop.read()).toBeUndefined()
  stop.stop(why)
  new SigningStop(path).stop({ ...why, epoch: 8 })
  expect(new SigningStop(path).read()).toEqual(why)
  expect([statSync(path).mode & 0o777, readdirSync(folder)]).toEqual([0o600, ['stop.json']])
  rmSync(path)
  expect(stop.read()).toBeUndefined()
})

it('holds when its file is damaged, and says so', () => {
  const path = join(folder, 'damaged.json')
  for (const text of ['', '{"v":1', 'null', '7', JSON.stringify({ ...why, resultHash: '0x12' })]) {
    writeFileSync(path, text)
    expect(new SigningStop(path).read()?.what).toMatch(/damaged/)
  }
})

it('does not take a file that it cannot look at for none', () => {
  const path = join(folder, 'folder')
  mkdirSync(path)
  expect(() => new SigningStop(path).read()).toThrow(/EISDIR/)
})
