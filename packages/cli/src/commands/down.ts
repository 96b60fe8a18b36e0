import { KoinonError, sleep } from '@koinon/base'
import { askSupervisor, runningSupervisor } from '@koinon/node/home'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'

const stopDeadlineMs = 30_000

export function defineDown(down: Command): void {
  down.action(
    runCommand(async ({ home }) => {
      const supervisor = runningSupervisor(home)
      if (supervisor === undefined) return { data: { stopped: false }, text: `Nothing runs on the home ${home.path}.` }
      await askSupervisor(home, 'stop')
      for (let waitedMs = 0; waitedMs < stopDeadlineMs; waitedMs += 100) {
        if (runningSupervisor(home) === undefined) {
          return { data: { stopped: true, pid: supervisor.pid }, text: `Stopped (process ${supervisor.pid}).` }
        }
        await sleep(100)
      }
      throw new KoinonError({
        code: 'node/not-stopping',
        message: `Process ${supervisor.pid} has not ended after ${stopDeadlineMs / 1000} s`,
        hint: `End it with "kill -9 ${supervisor.pid}"; nothing that was acknowledged is lost by that.`,
        retry: 'later',
      })
    }),
  )
}
