/** Whether a process runs, and whether it still is the one that was noted. */
import { lstatSync } from 'node:fs'
import { readableText } from './home.ts'

/** Tells a process from all that had or get its id; the rest is absent where no system tells (without Linux's `/proc`). */
export type ProcessIdentity = {
  readonly pid: number
  /** When it began, in the system's own count since it started. */
  readonly processStart?: string
  /** Which start of the system that was. */
  readonly bootId?: string
}

export function identityOf(pid: number): ProcessIdentity {
  const processStart = startOf(pid)
  const bootId = readableText('/proc/sys/kernel/random/boot_id')?.trim()
  return {
    pid,
    ...(processStart === undefined ? {} : { processStart }),
    ...(bootId === undefined ? {} : { bootId }),
  }
}

/** Whether any process has this id now. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether it runs still, as far as the system tells. */
export function isStillRunning({ pid, processStart, bootId }: ProcessIdentity): boolean {
  const now = identityOf(pid)
  return isRunning(pid) && now.processStart === processStart && now.bootId === bootId
}

/** Whether the system says that a file or a process (`/proc/PID`) is this user's; a link is not followed. */
export function isOfThisUser(path: string): boolean {
  try {
    return lstatSync(path).uid === process.getuid?.()
  } catch {
    return false
  }
}

/** Field 22 of `/proc/PID/stat`, behind the name in parentheses. */
function startOf(pid: number): string | undefined {
  const stat = readableText(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
