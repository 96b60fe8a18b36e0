import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import type { Home } from './home.ts'
import { isRunning } from './process-identity.ts'
import { takeLockFile } from './process-lock.ts'

export type SupervisorRecord = { readonly pid: number; readonly startedAtMs: number; readonly controlSocket: string }

/** Takes the home for this process; `release` gives it back. A lock whose process is gone is taken over. Throws `home/in-use`. */
export function lockHome(home: Home, record: SupervisorRecord): { release(): void } {
  const isHeld = (): boolean => runningSupervisor(home) !== undefined
  const release = takeLockFile(join(home.run, 'supervisor.json'), JSON.stringify(record), isHeld)
  if (release === undefined) throw inUse(home, runningSupervisor(home)?.pid)
  return { release }
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
    return record.pid !== process.pid && isRunning(record.pid) && isOurs(record) ? record : undefined
  } catch {
    return undefined
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
