import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import type { Home } from './home.ts'
import { lockHome, runningSupervisor } from './lock.ts'

const lockModule = new URL('./lock.ts', import.meta.url).href
const homeModule = new URL('./home.ts', import.meta.url).href
let home: Home
let remove: () => void
const children: ChildProcess[] = []
beforeEach(() => {
  ;({ home, remove } = temporaryHome())
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  remove()
})
const record = (pid: number) => ({ pid, startedAtMs: 1, controlSocket: '/none' })
const path = (): string => join(home.run, 'supervisor.json')

/** Another process, whose command line says koinon, that takes the lock and says what came of it. */
async function rival(): Promise<string> {
  const code = `
    const { lockHome } = await import(${JSON.stringify(lockModule)}); const { homeAt } = await import(${JSON.stringify(homeModule)})
    try { lockHome(homeAt(process.argv[1]), { pid: process.pid, startedAtMs: 1, controlSocket: '/none' }); console.log('held') }
    catch (error) { console.log(error.code) }
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, home.path, 'koinon'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  return text.toString().trim()
}

describe('lockHome', () => {
  it('is taken, seen and given back, and leaves nothing', () => {
    const lock = lockHome(home, record(process.pid))
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ pid: process.pid })
    expect(runningSupervisor(home)).toBeUndefined()
    lock.release()
    lock.release()
    expect(readdirSync(home.run)).toEqual([])
  })

  it('is refused while another process holds it, naming the process', async () => {
    expect(await rival()).toBe('held')
    const { pid } = children[0] as ChildProcess
    expect(runningSupervisor(home)).toMatchObject({ pid })
    expect(() => lockHome(home, record(process.pid))).toThrow(`process ${pid}`)
  })

  it('is taken over from a process that was killed', async () => {
    expect(await rival()).toBe('held')
    const child = children[0] as ChildProcess
    child.kill('SIGKILL')
    await once(child, 'exit')
    lockHome(home, record(process.pid)).release()
    expect(existsSync(path())).toBe(false)
  })

  it('goes to exactly one of several that find it stale at the same time', async () => {
    writeFileSync(path(), JSON.stringify(record(2 ** 22 + 1)))
    const outcomes = await Promise.all([rival(), rival(), rival()])
    expect(outcomes.sort()).toEqual(['held', 'home/in-use', 'home/in-use'])
    expect(readdirSync(home.run)).toEqual(['supervisor.json'])
  })

  it.each([
    ['', 'nothing'],
    ['{"pid":', 'half a record'],
    ['null', 'null'],
    ['{"pid":"x"}', 'no number'],
  ])('is taken over when the file holds %j (%s)', (text) => {
    writeFileSync(path(), text)
    lockHome(home, record(process.pid)).release()
    expect(existsSync(path())).toBe(false)
  })

  it('is taken over when the number now belongs to a stranger', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
    children.push(stranger)
    writeFileSync(path(), JSON.stringify(record(stranger.pid as number)))
    expect(runningSupervisor(home)).toBeUndefined()
  })

  it('is not given back by somebody who no longer has it', () => {
    const lock = lockHome(home, record(process.pid))
    writeFileSync(path(), JSON.stringify(record(1)))
    lock.release()
    expect(existsSync(path())).toBe(true)
  })
})
