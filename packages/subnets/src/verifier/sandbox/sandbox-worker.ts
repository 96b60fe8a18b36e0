/** The sandbox's thread: holds one realm, and makes a new one whenever a call ran into its time limit. */
import { parentPort, workerData } from 'node:worker_threads'
import type { TaskVerdict } from '../../rules/subnet-file/task-verdict.ts'
import { type FileToLoad, type LoadedRealm, loadRealm } from './realm-loader.ts'
import type {
  AdmittedAnswer,
  JudgeInput,
  SandboxCall,
  SandboxProblem,
  SandboxReply,
  SandboxRequest,
} from './sandbox-messages.ts'

const file = workerData as FileToLoad
/** For what is asked once an epoch. */
const longTimeoutMs = 10_000
const port = parentPort
if (port === null) throw new Error('This module is a worker')

const first = await loadRealm(file)
if (typeof first === 'string') {
  answer(0, JSON.parse(first) as SandboxProblem, [])
} else {
  let realm = first
  answer(0, { ok: true, text: realm.call('describe', '', longTimeoutMs) }, realm.takeLogs())
  port.on('message', async ({ id, call }: SandboxRequest) => {
    try {
      answer(id, { ok: true, text: await run(call) }, realm.takeLogs())
    } catch (error) {
      answer(id, { ok: false, problem: (error as Error).message }, [])
      realm = await again()
    }
  })

  async function run(call: SandboxCall): Promise<string> {
    if (call.kind === 'judge') return JSON.stringify(await judge(call.input, call.timeoutMs))
    const text = realm.call(call.kind, JSON.stringify(call.input), longTimeoutMs)
    return call.kind === 'serve' ? realm.call('served', '', longTimeoutMs) : text
  }

  async function judge(input: JudgeInput, timeoutMs: number): Promise<readonly TaskVerdict[]> {
    const verdicts = new Map<number, TaskVerdict>()
    const { answers, order, ...question } = input
    const admit = (answer: AdmittedAnswer): TaskVerdict | null =>
      JSON.parse(realm.call('admit', JSON.stringify(answer), timeoutMs)) as TaskVerdict | null
    /** A realm that ran out of time may be half way through anything, so the question starts over in a new one. */
    const attempt = async (uid: number, work: () => void): Promise<void> => {
      try {
        work()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
        verdicts.set(uid, { kind: 'fault', problem: `the file took longer than ${timeoutMs} ms`, isDeadline: true })
        realm = await again()
        realm.call('open', JSON.stringify(question), longTimeoutMs)
        for (const other of admitted) admit(other)
      }
    }
    const admitted: AdmittedAnswer[] = []
    realm.call('open', JSON.stringify(question), longTimeoutMs)
    for (const answer of answers) {
      await attempt(answer.uid, () => {
        const problem = admit(answer)
        if (problem === null) admitted.push(answer)
        else verdicts.set(answer.uid, problem)
      })
    }
    for (const { uid } of order === 'ascending' ? [...admitted] : [...admitted].reverse()) {
      await attempt(uid, () => {
        verdicts.set(uid, JSON.parse(realm.call('judge', String(uid), timeoutMs)) as TaskVerdict)
      })
    }
    return answers.map(({ uid }) => verdicts.get(uid) as TaskVerdict)
  }
}

async function again(): Promise<LoadedRealm> {
  const realm = await loadRealm(file)
  if (typeof realm === 'string') throw new Error('The file loaded once and does not load again')
  return realm
}

function answer(id: number, outcome: SandboxReply['outcome'], logs: readonly string[]): void {
  port?.postMessage({ id, outcome, logs } satisfies SandboxReply)
}
