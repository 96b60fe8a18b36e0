import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import type { Home } from './home.ts'

export type SupervisorRecord = { readonly pid: number; readonly startedAtMs: number; readonly controlSocket: string }

/** Takes the home for this process; `release` gives it back. A lock whose process is gone is taken over. Throws `home/in-use`. */
export function lockHome(home: Home, record: SupervisorRecord): { release(): void } {
  const path = join(home.run, 'supervisor.json')
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, JSON.stringify(record))
      closeSync(file)
      return { release: () => rmSync(path, { force: true }) }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw cause
      const owner = runningSupervisor(home)
      if (owner !== undefined) {
        throw new KoinonError({
          code: 'home/in-use',
          message: `Another koinon (process ${owner.pid}) already runs on the home ${home.path}`,
          hint: 'Use it, stop it with "koinon down", or choose another home with --home DIR.',
          details: { pid: owner.pid },
        })
      }
      rmSync(path, { force: true })
    }
  }
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
