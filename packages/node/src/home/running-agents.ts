/** Agents that run from a home beside its supervisor, each in a process of its own (`koinon agent run`). */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, writeFileDurably } from './home.ts'

export type RunningAgent = {
  readonly name: string
  readonly url: string
  readonly pid: number
  readonly startedAtMs: number
  /** When the process began, in the system's own count; a process that got the same id later began at another. Absent where no system tells. */
  readonly processStart?: string
}

/** Notes that this process serves an agent; returns what takes the note back. `label` names the agent within its home. */
export function noteRunningAgent(
  { run }: Pick<Home, 'run'>,
  label: string,
  agent: Pick<RunningAgent, 'name' | 'url' | 'startedAtMs'>,
): () => void {
  mkdirSync(run, { recursive: true, mode: 0o700 })
  const path = join(run, `${label}.json`)
  const { pid } = process
  const processStart = processStartOf(pid)
  const note: RunningAgent = { ...agent, pid, ...(processStart === undefined ? {} : { processStart }) }
  writeFileDurably(path, `${JSON.stringify(note)}\n`)
  return () => rmSync(path, { force: true })
}

/** The agents that run from a home now, oldest first; notes of processes that are gone do not count. */
export function runningAgents({ run }: Pick<Home, 'run'>): readonly RunningAgent[] {
  return namesIn(run)
    .flatMap((name) => readNote(join(run, name)) ?? [])
    .filter((agent) => isAlive(agent.pid) && processStartOf(agent.pid) === agent.processStart)
    .sort((a, b) => a.startedAtMs - b.startedAtMs)
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^agent-.*\.json$/.test(name))
  } catch {
    return []
  }
}

function readNote(path: string): RunningAgent | undefined {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as RunningAgent
    return Number.isSafeInteger(note.pid) && note.pid > 0 ? note : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Field 22 of Linux's `/proc/PID/stat`, behind the name in parentheses. */
function processStartOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
