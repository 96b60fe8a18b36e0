/** Agents of a home that run beside its supervisor: shown, and ended. */
import { formatSpan, sleep, systemClock } from '@koinon/base'
import { type Home, type RunningAgent, runningAgents } from '@koinon/node/home'
import { table } from './table.ts'

/** Empty where none runs. */
export function agentsTable(agents: readonly RunningAgent[]): string {
  if (agents.length === 0) return ''
  const nowMs = systemClock.nowMs()
  const rows = agents.map(({ name, url, pid, startedAtMs }) => [
    name,
    url,
    `${pid}`,
    formatSpan(Math.max(0, Math.floor((nowMs - startedAtMs) / 1000))),
  ])
  return table(['agent', 'address', 'process', 'up for'], rows)
}

/** Asks the agents of a home to end that are known to be this user's, and waits for that. Returns all that are left. */
export async function endAgents(home: Home, waitMs: number): Promise<readonly RunningAgent[]> {
  const ours = () => runningAgents(home).filter(({ isOurs }) => isOurs)
  for (const { pid } of ours()) endProcess(pid)
  const untilMs = performance.now() + waitMs
  while (ours().length > 0 && performance.now() < untilMs) await sleep(100)
  return runningAgents(home)
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    // It ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
