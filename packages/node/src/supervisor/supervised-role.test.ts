import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RoleConfig } from '../roles/role-config.ts'
import { RoleLog } from './role-log.ts'
import { SupervisedRole } from './supervised-role.ts'

const entry = new URL('../testing/role-child.ts', import.meta.url)
const deadlineMs = 30_000
const checkIntervalMs = 100
const realSetTimeout = setTimeout
let folder: string
let nowMs: number
const roles: { role: SupervisedRole; log: RoleLog }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-role-'))
  nowMs = 1_000_000
  // The supervisor looks at its process when the test says so, and never else.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(async () => {
  for (const { role, log } of roles.splice(0)) {
    await role.stop()
    log.close()
  }
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

function look(): void {
  vi.advanceTimersByTime(checkIntervalMs)
}

function supervise(name: string, program = entry): { role: SupervisedRole; said: string[]; log: () => string } {
  const log = new RoleLog(folder, name.split(':')[0] as string)
  const said: string[] = []
  const role = new SupervisedRole({
    config: { name, kind: 'indexer' } as RoleConfig,
    log,
    clock: { nowMs: () => nowMs },
    entry: program,
    checkIntervalMs,
    onProgress: (text) => said.push(text),
    onAsk: async (method, params) => {
      if (method === 'takeYourTime') {
        nowMs += 250_000
        return look()
      }
      if (method !== 'greet') throw new Error('unknown')
      return `hello-${(params as { name: string }).name}`
    },
  })
  roles.push({ role, log })
  return { role, said, log: () => readFileSync(log.path, 'utf8') }
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!holds()) {
    if (Date.now() > end) throw new Error('it did not come true in time')
    await new Promise((resolve) => realSetTimeout(resolve, 20))
  }
}

describe('SupervisedRole', () => {
  it('starts a process, answers what it asks, keeps what it prints and stops it politely', async () => {
    const { role, said, log } = supervise('works')
    expect(await role.start()).toEqual({ url: 'http://127.0.0.1/hello-works' })
    expect(role.status()).toMatchObject({ name: 'works', state: 'ready', restarts: 0 })
    expect(said).toEqual(['half way'])
    await role.stop()
    await role.stop()
    expect(role.status().state).toBe('stopped')
    await until(() => log().includes('"stopped"'))
    expect(log()).toContain('hello-works')
  })

  it('shows what its process wants its owner to look at', async () => {
    const { role, said, log } = supervise('notices')
    await role.start()
    expect(role.status()).toMatchObject({ state: 'ready', notice: 'look at this' })
    expect(said).toContain('look at this')
    expect(log()).toContain('notices look at this')
  })

  it('restarts a process that was killed, again and again, and then stops for good', async () => {
    const { role, said, log } = supervise('works')
    await role.start()
    for (let kills = 1; kills <= 3; kills++) {
      const { pid } = role.status()
      process.kill(pid as number, 'SIGKILL')
      await until(() => role.status().restarts === kills && role.status().state === 'ready')
      expect(role.status().pid).not.toBe(pid)
      expect(role.status().lastError).toBe('ended with SIGKILL')
    }
    const first = said.indexOf('ended with SIGKILL; restarting in 200 ms')
    expect(said[first + 1]).toBe('half way')
    expect(said[first + 2]).toMatch(/^is back as process \d+$/)
    expect(said.filter((text) => text.startsWith('is back'))).toHaveLength(3)
    const delays = [...log().matchAll(/restarting in (\d+) ms/g)].map((match) => Number(match[1]))
    expect(delays).toHaveLength(3)
    expect(delays[0]).toBe(200)
    expect(Math.max(...delays)).toBeLessThanOrEqual(10_200)
    const { pid } = role.status()
    await role.stop()
    expect(() => process.kill(pid as number, 0)).toThrow('ESRCH')
  })

  it('tells of the process that runs, and of none while none does', async () => {
    const { role } = supervise('notices')
    await role.start()
    expect(role.status()).toMatchObject({ startedAtMs: 1_000_000, notice: 'look at this' })
    process.kill(role.status().pid as number, 'SIGKILL')
    nowMs += 5_000
    await until(() => role.status().restarts === 1)
    for (const stale of ['pid', 'startedAtMs', 'rssBytes', 'notice']) expect(role.status()).not.toHaveProperty(stale)
    await until(() => role.status().state === 'ready')
    expect(role.status()).toMatchObject({ startedAtMs: nowMs })
  })

  it('judges the health of a process from when it served: a long start is none', async () => {
    const { role, log } = supervise('moves')
    await role.start()
    for (let kills = 1; kills <= 3; kills++) {
      process.kill(role.status().pid as number, 'SIGKILL')
      await until(() => role.status().restarts === kills && role.status().state === 'ready')
    }
    const delays = [...log().matchAll(/restarting in (\d+) ms/g)].map((match) => Number(match[1]))
    expect(delays[0]).toBe(200)
    expect(Math.max(...delays)).toBeGreaterThan(200)
  })

  it('stops while a restart is due, without another process', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] })
    const { role } = supervise('works')
    await role.start()
    expect(vi.getTimerCount()).toBe(1)
    process.kill(role.status().pid as number, 'SIGKILL')
    await until(() => role.status().state === 'restarting')
    expect(vi.getTimerCount()).toBe(2)
    await role.stop()
    expect(vi.getTimerCount()).toBe(0)
    expect(role.status()).toMatchObject({ state: 'stopped', restarts: 1 })
  })

  it('ends and restarts a process that says nothing any more', async () => {
    const { role, log } = supervise('hangs')
    await role.start()
    await until(() => log().includes('hanging'))
    nowMs += 31_000
    look()
    await until(() => role.status().restarts >= 1)
    expect(log()).toContain('it said nothing for 30 s')
    expect(role.status().lastError).toContain('said nothing')
  })

  it.each(['sticks', 'repeats'])('ends a process that %s in its start while it says that it is alive', async (name) => {
    const { role, said, log } = supervise(name)
    const started = role.start()
    started.catch(() => undefined)
    await until(() => said.length > 0 && role.status().rssBytes !== undefined)
    const pid = role.status().pid as number
    nowMs += 299_000
    const heard = said.length
    await until(() => name === 'sticks' || said.length > heard)
    look()
    expect(log()).not.toContain('is ended')
    nowMs += 2_000
    look()
    await expect(started).rejects.toMatchObject({
      code: 'node/role-died',
      message: expect.stringMatching(/did not get further for 300 s \(last: half way\)/),
    })
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(role.status()).toMatchObject({ state: 'failed', restarts: 0 })
  })

  it('ends a process that sticks when it is started again, too, and goes on trying', async () => {
    const marker = join(folder, 'sticks-now')
    const { role, said, log } = supervise(`sticks-if:${marker}`)
    await role.start()
    writeFileSync(marker, '')
    process.kill(role.status().pid as number, 'SIGKILL')
    await until(() => role.status().restarts === 1 && said.length === 3)
    nowMs += 301_000
    look()
    await until(() => role.status().restarts === 2)
    rmSync(marker)
    await until(() => role.status().state === 'ready')
    expect(log()).toContain('did not get further')
  })

  it('lets a slow start go on as long as it moves', async () => {
    const { role, said } = supervise('moves')
    await role.start()
    expect(said).toEqual(['step 1', 'step 2', 'step 3', 'step 4', 'half way'])
    expect(nowMs).toBe(2_000_000)
    expect(role.status()).toMatchObject({ state: 'ready', restarts: 0 })
  })

  it("passes on a role's own reason for not starting, and does not try again", async () => {
    const { role, log } = supervise('refuses')
    await expect(role.start()).rejects.toMatchObject({ code: 'test/refused', hint: 'Try another.' })
    expect(role.status()).toMatchObject({ state: 'failed', restarts: 0 })
    await until(() => log().includes('failed to start'))
  })

  it('says that a process ended before it was ready', async () => {
    const { role } = supervise('dies-early')
    await expect(role.start()).rejects.toMatchObject({
      code: 'node/role-died',
      message: expect.stringContaining('exit code 7'),
      hint: expect.stringContaining('koinon logs dies-early'),
    })
    expect(role.status().restarts).toBe(0)
  })

  it('says the same of a program that is not there', async () => {
    const { role } = supervise('missing', new URL('file:///nonexistent/role.ts'))
    await expect(role.start()).rejects.toMatchObject({ code: 'node/role-died' })
  })
})
