import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHome, runningAgents, runningSupervisor } from '@koinon/node/home'
import { expect, it } from 'vitest'
import { endHome } from './down.ts'

const modules = new URL('../../../node/src/home/', import.meta.url).href

it('leaves the supervisor alone while an agent does not end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-down-'))
  const home = openHome(join(folder, 'home'))
  const code = `
    import { writeFileSync } from 'node:fs'
    import { noteRunningAgent } from '${modules}running-agents.ts'
    import { lockHome } from '${modules}lock.ts'
    const home = JSON.parse(process.argv[1])
    process.on('SIGTERM', () => console.log('asked'))
    lockHome(home, { pid: process.pid, startedAtMs: 1, controlSocket: '/none' })
    writeFileSync(home.path + '/agent-deaf.lock', String(process.pid))
    noteRunningAgent(home, 'agent-deaf', { name: 'Deaf', url: 'http://127.0.0.1:1', startedAtMs: 1 })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, JSON.stringify(home), 'koinon'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    expect(runningSupervisor(home)).toMatchObject({ pid: child.pid })
    await expect(endHome(home, 50)).rejects.toMatchObject({
      code: 'node/not-stopping',
      message: `Not ended: the agent Deaf (process ${child.pid}). Nothing else was stopped`,
    })
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    expect(runningAgents(home)).toEqual([])
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}, 30_000)
