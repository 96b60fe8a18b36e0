import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { noteRunningAgent, runningAgents } from './running-agents.ts'

const run = mkdtempSync(join(tmpdir(), 'koinon-run-'))
afterAll(() => rmSync(run, { recursive: true, force: true }))

const note = { name: 'Echo', url: 'http://127.0.0.1:1', startedAtMs: 7 }
const put = (label: string, pid: number, processStart?: string) =>
  writeFileSync(join(run, `${label}.json`), JSON.stringify({ ...note, pid, processStart }))

it('tells of agents whose process runs, and of no other process that has their id now', () => {
  expect(runningAgents({ run: join(run, 'none') })).toEqual([])
  const forget = noteRunningAgent({ run }, 'agent-echo', note)
  const [found] = runningAgents({ run })
  expect(found).toMatchObject({ ...note, pid: process.pid })
  put('agent-recycled', process.pid, `${found?.processStart}0`)
  put('agent-gone', 2 ** 22 + 1, '1')
  put('supervisor', process.pid, found?.processStart)
  writeFileSync(join(run, 'agent-half.json'), '{"pid":')
  writeFileSync(join(run, 'agent-all.json'), JSON.stringify({ ...note, pid: -1 }))
  expect(runningAgents({ run })).toEqual([found])
  forget()
  expect(runningAgents({ run })).toEqual([])
  expect(readdirSync(run)).not.toContain('agent-echo.json')
})
