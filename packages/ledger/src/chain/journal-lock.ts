import { randomUUID } from 'node:crypto'
import { link, readFile, realpath, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KoinonError } from '@koinon/base'

const maxAttempts = 5
const heldHere = new Set<string>()

/** A held lock. */
export type JournalLock = { release(): Promise<void> }

type Owner = { readonly pid: number; readonly processStart: string | null; readonly token: string }

/**
 * Takes the lock file beside a journal (`<journal>.lock`, JSON with the owner's process id), so that one process writes it.
 * A lock whose process is gone is taken over; on Linux the start time of the process tells a reused id apart.
 * Throws `chain/journal-locked` when another live process (or another chain of this one) holds it.
 */
export async function acquireJournalLock(journalPath: string): Promise<JournalLock> {
  const lockPath = join(await realpath(dirname(journalPath)), `${basename(journalPath)}.lock`)
  if (heldHere.has(lockPath)) throw locked(lockPath, process.pid)
  const owner: Owner = { pid: process.pid, processStart: await processStart(process.pid), token: randomUUID() }
  heldHere.add(lockPath)
  try {
    await take(lockPath, owner)
  } catch (error) {
    heldHere.delete(lockPath)
    throw error
  }
  return {
    async release() {
      if (!heldHere.delete(lockPath)) return
      if ((await readOwner(lockPath))?.token === owner.token) await unlink(lockPath)
    },
  }
}

/** Links a fully written file into place: the lock never exists without its owner's name in it. */
async function take(lockPath: string, owner: Owner): Promise<void> {
  const draft = `${lockPath}.${owner.token}`
  await writeFile(draft, JSON.stringify(owner), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      try {
        await link(draft, lockPath)
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = await readOwner(lockPath)
      if (holder !== undefined && (await isAlive(holder))) throw locked(lockPath, holder.pid)
      await removeStale(lockPath, holder)
    }
    throw locked(lockPath, (await readOwner(lockPath))?.pid)
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

/** Moves the stale lock aside; if a quicker process has replaced it meanwhile, what was moved is live and is put back. */
async function removeStale(lockPath: string, stale: Owner | undefined): Promise<void> {
  const aside = `${lockPath}.stale-${randomUUID()}`
  try {
    await rename(lockPath, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const moved = await readOwner(aside)
  if (moved?.token !== stale?.token) await link(aside, lockPath).catch(() => undefined)
  await unlink(aside)
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Owner
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined
  } catch {
    return undefined
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.pid === process.pid)
    return owner.processStart === (await processStart(owner.pid)) && owner.processStart !== null
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return owner.processStart === null || owner.processStart === (await processStart(owner.pid))
}

/** Boot id and start tick of a process on Linux, null where there is no such thing. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return afterName[0] === 'Z' ? 'ended' : `${boot}:${afterName[19]}`
  } catch {
    return null
  }
}

function locked(lockPath: string, pid: number | undefined): KoinonError {
  return new KoinonError({
    code: 'chain/journal-locked',
    message: `Another process${pid === undefined ? '' : ` (${pid})`} uses this chain journal`,
    hint: `Stop it first. If no such process runs, remove ${lockPath}.`,
    retry: 'later',
    details: { lockPath, ...(pid === undefined ? {} : { pid }) },
  })
}
