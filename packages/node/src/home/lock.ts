import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import type { Home } from './home.ts'

export type SupervisorRecord = { readonly pid: number; readonly startedAtMs: number; readonly controlSocket: string }

const attempts = 5

/** Takes the home for this process; `release` gives it back. A lock whose process is gone is taken over. Throws `home/in-use`. */
export function lockHome(home: Home, record: SupervisorRecord): { release(): void } {
  const path = join(home.run, 'supervisor.json')
  const text = JSON.stringify(record)
  // A written file is linked into place, so that the lock never exists without its owner's name in it.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (tryLink(draft, path)) return { release: () => release(path, text) }
      const stale = readText(path)
      const owner = runningSupervisor(home)
      if (owner !== undefined) throw inUse(home, owner.pid)
      removeStale(path, stale)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw inUse(home, runningSupervisor(home)?.pid)
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the stale lock aside; if a quicker process replaced it meanwhile, what was moved is live and is put back. */
function removeStale(path: string, stale: string | undefined): void {
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (readText(aside) !== stale) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function release(path: string, text: string): void {
  if (readText(path) === text) rmSync(path, { force: true })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function inUse(home: Home, pid: number | undefined): KoinonError {
  return new KoinonError({
    code: 'home/in-use',
    message: `Another koinon${pid === undefined ? '' : ` (process ${pid})`} already runs on the home ${home.path}`,
    hint: 'Use it, stop it with "koinon down", or choose another home with --home DIR.',
    ...(pid === undefined ? {} : { details: { pid } }),
  })
}

/** The supervisor that runs on this home, if its process is alive. */
export function runningSupervisor(home: Home): SupervisorRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(home.run, 'supervisor.json'), 'utf8')) as SupervisorRecord
    if (record.pid === process.pid) return undefined
    process.kill(record.pid, 0)
    return isOurs(record) ? record : undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? readRecord(home) : undefined
  }
}

/** After a reboot the pid may belong to a stranger: compare with what the process says it runs, where the system tells. */
function isOurs(record: SupervisorRecord): boolean {
  try {
    return /koinon|main\.(ts|js)/.test(readFileSync(`/proc/${record.pid}/cmdline`, 'utf8'))
  } catch {
    return true
  }
}

function readRecord(home: Home): SupervisorRecord {
  return JSON.parse(readFileSync(join(home.run, 'supervisor.json'), 'utf8')) as SupervisorRecord
}
