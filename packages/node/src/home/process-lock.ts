import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type KoinonError, sleep, systemClock } from '@koinon/base'
import { readableText } from './home.ts'
import { isRunning } from './process-identity.ts'

const attempts = 5
/** A process that ends has this long to let go. */
const patienceMs = 15_000

/**
 * Puts `text`, which names this process, at `path`, unless what lies there is held; what is not is taken over. Returns what removes it again, or
 * nothing where another process has it.
 */
export function takeLockFile(path: string, text: string, isHeld: () => boolean): (() => void) | undefined {
  // A written file is linked into place, so that the lock never exists without its owner's name in it.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (tryLink(draft, path)) return () => removeOwn(path, text)
      const stale = readableText(path)
      if (isHeld()) return undefined
      removeStale(path, stale)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return undefined
}

/** Takes the lock at `path` for this process, waiting for another one to end. Throws what `inUse` makes of that one's id. */
export async function holdLock(
  path: string,
  inUse: (owner: number | 'unknown') => KoinonError,
  waitMs = patienceMs,
): Promise<() => void> {
  const until = systemClock.nowMs() + waitMs
  for (;;) {
    const unlock = takeLockFile(path, String(process.pid), () => isHeld(ownerOf(path)))
    if (unlock !== undefined) return unlock
    if (systemClock.nowMs() >= until) throw inUse(ownerOf(path) ?? 'unknown')
    await sleep(50)
  }
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

/** Moves what is stale aside; if a quicker process replaced it meanwhile, what was moved is live and is put back. */
export function removeStale(path: string, stale: string | undefined): void {
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (readableText(aside) !== stale) tryLink(aside, path)
  rmSync(aside, { force: true })
}

/** Removes what this process wrote, unless another has put its own there meanwhile. */
export function removeOwn(path: string, text: string): void {
  if (readableText(path) === text) rmSync(path, { force: true })
}

/** The process that a lock names; undefined where none can be read. */
export function ownerOf(path: string): number | undefined {
  const pid = Number(readableText(path))
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

/** A lock without a readable owner is taken for held: two holders would be worse than none. */
function isHeld(pid: number | undefined): boolean {
  return pid === undefined || isRunning(pid)
}
