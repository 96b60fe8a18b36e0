import type { RoleStatus } from '@koinon/node'
import { koinonJson } from './cli.ts'
import { waitFor } from './wait.ts'

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

/** Waits until the supervisor has put another process in the place of `oldPid`. */
export function restarted(home: string, name: string, oldPid: number): Promise<RoleStatus> {
  return waitFor(`${name} is ready again`, 60_000, async () => {
    const now = (await roles(home)).find((candidate) => candidate.name === name)
    return now?.state === 'ready' && now.pid !== oldPid && now
  })
}
