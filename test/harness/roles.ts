import type { RoleStatus } from '@koinon/node/home'
import { koinonJson } from './cli.ts'
import { sleep, waitFor } from './wait.ts'

/** What `koinon status` says of the roles of a home. */
export async function roles(home: string): Promise<readonly RoleStatus[]> {
  const { data } = await koinonJson(['status', '--home', home])
  return data['roles'] as readonly RoleStatus[]
}

export async function role(home: string, name: string): Promise<RoleStatus & { readonly pid: number }> {
  const found = (await roles(home)).find((candidate) => candidate.name === name)
  if (found?.pid === undefined) throw new Error(`${name} does not run: ${JSON.stringify(found)}`)
  return { ...found, pid: found.pid }
}

/** Ends one role's process with no chance to say goodbye. */
export async function killRole(home: string, name: string): Promise<number> {
  const { pid } = await role(home, name)
  process.kill(pid, 'SIGKILL')
  return pid
}

/** A role loads a model or replays its chain's history before it is ready; on a machine that is full of other work that takes minutes. */
const restartPatienceMs = 600_000

/** Waits until the supervisor has put another process in the place of `oldPid`. */
export function restarted(home: string, name: string, oldPid: number): Promise<RoleStatus> {
  return waitFor(`${name} is ready again`, restartPatienceMs, async () => {
    const now = (await roles(home)).find((candidate) => candidate.name === name)
    if (now?.state === 'ready' && now.pid !== oldPid) return now
    // Every look is a start of the command line, which would slow down what it waits for.
    await sleep(1_000)
    return false
  })
}
