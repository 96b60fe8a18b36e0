import { fork } from 'node:child_process'
import { errorFromJson, KoinonError } from '@koinon/base'
import type { Check } from '@koinon/work'
import type { VerdictReply, VerdictTask } from './verdict-messages.ts'

const timeoutMs = 60_000

/** Judges a receipt in a process of its own. Throws what the verifier throws, or `verdict/failed` when that process died or hung. */
export function judgeReceipt(task: VerdictTask): Promise<readonly Check[]> {
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? './verdict-worker.ts' : './verdict-worker.js',
    import.meta.url,
  )
  const child = fork(entry, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.once('message', (reply: VerdictReply) =>
      'error' in reply ? reject(errorFromJson(reply.error)) : resolve(reply.checks),
    )
    child.once('exit', () => {
      clearTimeout(timer)
      reject(
        new KoinonError({
          code: 'verdict/failed',
          message: 'The verifier process ended without a verdict',
          hint: 'Try "koinon receipt verify" in a shell.',
          retry: 'later',
        }),
      )
    })
    child.once('error', reject)
    child.send(task)
  })
}
