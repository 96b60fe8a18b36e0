/** Agents that run from a home beside its supervisor, each in a process of its own (`koinon agent run`). */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, readableText, writeFileDurably } from './home.ts'
import { identityOf, isOfThisUser, isStillRunning, type ProcessIdentity } from './process-identity.ts'
import { ownerOf, removeOwn } from './process-lock.ts'

export type RunningAgent = {
  readonly name: string
  readonly url: string
  readonly pid: number
  readonly startedAtMs: number
  /** Whether the system says that this user noted it and runs it, and that the process is the one that was noted. */
  readonly isOurs: boolean
}

type Note = Omit<RunningAgent, 'isOurs'> & ProcessIdentity
type Places = Pick<Home, 'path' | 'run'>

/**
 * Notes that this process serves an agent; returns what takes the note back, and only this one. `label` names the agent within its home; this
 * process holds the agent's lock (`lockAgent`) before the note and after.
 */
export function noteRunningAgent(
  { run }: Places,
  label: string,
  agent: Pick<RunningAgent, 'name' | 'url' | 'startedAtMs'>,
): () => void {
  mkdirSync(run, { recursive: true, mode: 0o700 })
  const path = join(run, `${label}.json`)
  const note: Note = { ...agent, ...identityOf(process.pid) }
  const text = `${JSON.stringify(note)}\n`
  writeFileDurably(path, text)
  return () => removeOwn(path, text)
}

/** The agents that run from a home now, oldest first. Notes of processes that are gone or do not hold their agent's lock do not count. */
export function runningAgents({ path, run }: Places): readonly RunningAgent[] {
  return namesIn(run)
    .flatMap((name) => readAgent(join(run, name), join(path, name.replace(/json$/, 'lock'))) ?? [])
    .sort((a, b) => a.startedAtMs - b.startedAtMs)
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^agent-.*\.json$/.test(name))
  } catch {
    return []
  }
}

function readAgent(path: string, lockPath: string): RunningAgent | undefined {
  const text = readableText(path)
  const note = text === undefined ? undefined : parseNote(text)
  if (note === undefined) return undefined
  const { name, url, pid, startedAtMs, processStart, bootId } = note
  // Left as it lies: another system that shares the home may know the process, and who serves again writes over it.
  if (ownerOf(lockPath) !== pid || !isStillRunning(note)) return undefined
  const isKnown = processStart !== undefined && bootId !== undefined
  return { name, url, pid, startedAtMs, isOurs: isKnown && isOfThisUser(path) && isOfThisUser(`/proc/${pid}`) }
}

function parseNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note
    return Number.isSafeInteger(note.pid) && note.pid > 0 ? note : undefined
  } catch {
    return undefined
  }
}
