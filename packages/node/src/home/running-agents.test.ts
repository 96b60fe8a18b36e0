import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { identityOf } from './process-identity.ts'
import { noteRunningAgent, runningAgents } from './running-agents.ts'

const run = mkdtempSync(join(tmpdir(), 'koinon-run-'))
const home = { path: run, run }
afterAll(() => rmSync(run, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

const note = { name: 'Echo', url: 'http://127.0.0.1:1', startedAtMs: 7 }
const mine = identityOf(process.pid)
const lock = (label: string, pid: number) => writeFileSync(join(run, `${label}.lock`), `${pid}`)
const put = (label: string, process: object, holder = mine.pid) => {
  lock(label, holder)
  writeFileSync(join(run, `${label}.json`), JSON.stringify({ ...note, ...process }))
}

it('tells of agents whose process runs and holds their lock, and leaves the notes of others alone', () => {
  expect(runningAgents({ path: run, run: join(run, 'none') })).toEqual([])
  lock('agent-echo', mine.pid)
  const forget = noteRunningAgent(home, 'agent-echo', note)
  const found = runningAgents(home)
  expect(found).toEqual([{ ...note, pid: mine.pid, isOurs: process.platform === 'linux' }])
  put('agent-recycled', { ...mine, processStart: `${mine.processStart}0` })
  put('agent-rebooted', { ...mine, bootId: 'another' })
  put('agent-gone', { ...mine, pid: 2 ** 22 + 1 }, 2 ** 22 + 1)
  put('agent-other', mine, 1)
  put('agent-ended', mine)
  rmSync(join(run, 'agent-ended.lock'))
  put('supervisor', mine)
  writeFileSync(join(run, 'agent-half.json'), '{"pid":')
  put('agent-all', { ...mine, pid: -1 })
  expect(runningAgents(home)).toEqual(found)
  expect(readdirSync(run)).toContain('agent-gone.json')
  forget()
  expect(runningAgents(home)).toEqual([])
  expect(readdirSync(run)).not.toContain('agent-echo.json')
})

it('takes back its own note only', () => {
  lock('agent-echo', mine.pid)
  const forget = noteRunningAgent(home, 'agent-echo', note)
  noteRunningAgent(home, 'agent-echo', { ...note, startedAtMs: 8 })
  forget()
  expect(JSON.parse(readFileSync(join(run, 'agent-echo.json'), 'utf8'))).toMatchObject({ startedAtMs: 8 })
})

it('takes an agent of another user, or of a system that does not tell, for none of ours', () => {
  put('agent-echo', mine)
  const uid = process.getuid?.() ?? 0
  vi.spyOn(process, 'getuid').mockReturnValue(uid + 1)
  expect(runningAgents(home)).toMatchObject([{ isOurs: false }])
})
