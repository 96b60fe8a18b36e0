import { KoinonError, sleep } from '@koinon/base'
import { askSupervisor, type Home, type RunningAgent, runningAgents, runningSupervisor } from '@koinon/node/home'
import type { Command } from 'commander'
import { endAgents } from '../home-agents.ts'
import { runCommand } from '../runner.ts'

const stopDeadlineMs = 30_000

export function defineDown(down: Command): void {
  down.action(
    runCommand(async ({ home }) => {
      const { pid, agents } = await endHome(home, stopDeadlineMs)
      const data = { stopped: pid !== undefined || agents.length > 0, ...(pid === undefined ? {} : { pid }), agents }
      const lines = [
        ...(pid === undefined ? [] : [`Stopped (process ${pid}).`]),
        ...agents.map((agent) => `Stopped the agent ${agent.name} (process ${agent.pid}).`),
      ]
      return { data, text: lines.length === 0 ? `Nothing runs on the home ${home.path}.` : lines.join('\n') }
    }),
  )
}

/**
 * Ends what runs on a home. Agents first: what they earned is claimed on a ledger that may be this home's own, so while one is left nothing
 * else is stopped. Throws `node/not-stopping`.
 */
export async function endHome(
  home: Home,
  waitMs: number,
): Promise<{ readonly pid: number | undefined; readonly agents: readonly RunningAgent[] }> {
  const agents = runningAgents(home)
  const left = await endAgents(home, waitMs)
  if (left.length > 0) throw agentsLeft(home, left)
  return { pid: await stopSupervisor(home), agents }
}

/** The process that ended; undefined where none ran. Throws `node/not-stopping`. */
async function stopSupervisor(home: Home): Promise<number | undefined> {
  const supervisor = runningSupervisor(home)
  if (supervisor === undefined) return undefined
  await askSupervisor(home, 'stop')
  for (let waitedMs = 0; waitedMs < stopDeadlineMs; waitedMs += 100) {
    if (runningSupervisor(home) === undefined) return supervisor.pid
    await sleep(100)
  }
  throw new KoinonError({
    code: 'node/not-stopping',
    message: `Process ${supervisor.pid} has not ended after ${stopDeadlineMs / 1000} s`,
    hint: `End it with "kill -9 ${supervisor.pid}"; nothing that was acknowledged is lost by that.`,
    retry: 'later',
  })
}

function agentsLeft({ run }: Home, agents: readonly RunningAgent[]): KoinonError {
  const pids = agents.map(({ pid }) => pid).join(' ')
  return new KoinonError({
    code: 'node/not-stopping',
    message: `Not ended: ${agents.map(({ name, pid }) => `the agent ${name} (process ${pid})`).join(', ')}. Nothing else was stopped`,
    hint: `End what is an agent of yours with "kill ${pids}", or with Ctrl-C where it was started, and remove the note in ${run} of what is none; tasks are kept. Then once more: koinon down`,
    retry: 'later',
  })
}
