import { KoinonError, sleep } from '@koinon/base'
import { askSupervisor, type Home, runningSupervisor } from '@koinon/node/home'

const deadlineMs = 60_000

/** Asks what runs on a home to end, and waits until it has. Throws `node/not-stopping`; nothing to do where nothing runs. */
export async function stopRunning(home: Home, request: 'stop' | 'leave', onAsked: () => void): Promise<void> {
  const supervisor = runningSupervisor(home)
  if (supervisor === undefined) return
  await askSupervisor(home, request)
  onAsked()
  for (let waitedMs = 0; runningSupervisor(home) !== undefined; waitedMs += 200) {
    if (waitedMs > deadlineMs) throw stillRunning(supervisor.pid)
    await sleep(200)
  }
}

function stillRunning(pid: number): KoinonError {
  return new KoinonError({
    code: 'node/not-stopping',
    message: `Process ${pid} has not ended yet`,
    hint: 'Try again, or end it with kill -9; nothing acknowledged is lost.',
    retry: 'later',
  })
}
