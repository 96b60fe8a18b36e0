/** The sandbox's process: holds one realm, and makes a new one whenever a call ran into its time limit. */
import { once } from 'node:events'
import type { TaskVerdict } from '../../rules/subnet-file/task-verdict.ts'
import { answerBudgetMs, usualCallTimeoutMs } from './answer-budget.ts'
import { type FileToLoad, type LoadedRealm, loadRealm } from './realm-loader.ts'
import type {
  AdmittedAnswer,
  AggregateInput,
  JudgeInput,
  SandboxCall,
  SandboxProblem,
  SandboxReply,
  SandboxRequest,
  SandboxStep,
  TimedVerdicts,
} from './sandbox-messages.ts'

const parent = process.ppid
// Ctrl-C goes to all processes of a terminal; this one ends when its parent does.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(0))
// A promise that the file let go of and that fails counts for nothing; unheard it would end the process.
process.on('unhandledRejection', () => undefined)
const [file] = (await once(process, 'message')) as [FileToLoad]
/** Lists of scores on which the file's aggregate may run into its limit. */
const mostLateRows = 3

const first = await loadRealm(file)
if (typeof first === 'string') {
  answer(0, JSON.parse(first) as SandboxProblem, [])
} else {
  let realm = first
  answer(0, { ok: true, text: realm.call('describe', '', usualCallTimeoutMs) }, realm.takeLogs())
  process.on('message', async ({ id, call }: SandboxRequest) => {
    try {
      answer(id, { ok: true, text: await run(call) }, realm.takeLogs())
    } catch (error) {
      answer(id, { ok: false, problem: (error as Error).message }, [])
      realm = await again()
    }
  })

  async function run(call: SandboxCall): Promise<string> {
    if (call.kind === 'judge') return JSON.stringify(await judge(call.input, call.timeoutMs))
    if (call.kind === 'aggregate') return JSON.stringify(await aggregate(call.input, call.timeoutMs))
    begin({ limitMs: 2 * call.timeoutMs })
    const text = realm.call(call.kind, JSON.stringify(call.input), call.timeoutMs)
    return call.kind === 'serve' ? realm.call('served', '', call.timeoutMs) : text
  }

  /** Each row with a limit of its own; who has too many that reach it has none for the rest. */
  async function aggregate(
    { mechanism, rows }: AggregateInput,
    timeoutMs: number,
  ): Promise<readonly (number | null)[]> {
    const values: (number | null)[] = []
    let late = 0
    for (const row of rows) {
      if (late >= mostLateRows) {
        values.push(null)
        continue
      }
      begin({ limitMs: timeoutMs })
      try {
        const text = realm.call('aggregate', JSON.stringify({ mechanism, rows: [row] }), timeoutMs)
        values.push((JSON.parse(text) as (number | null)[])[0] ?? null)
      } catch {
        late++
        values.push(null)
        begin({ limitMs: 2 * usualCallTimeoutMs })
        realm = await again()
      }
    }
    return values
  }

  async function judge(input: JudgeInput, timeoutMs: number): Promise<TimedVerdicts> {
    const verdicts = new Map<number, TaskVerdict>()
    const spentMs = new Map<number, number>()
    const { answers, order, ...question } = input
    const limitOf = ({ uid, budgetMs }: AdmittedAnswer): number =>
      Math.min(timeoutMs, Math.floor((budgetMs ?? answerBudgetMs(timeoutMs)) - (spentMs.get(uid) ?? 0)))
    const since = (uid: number, startedAtMs: number): void => {
      spentMs.set(uid, (spentMs.get(uid) ?? 0) + performance.now() - startedAtMs)
    }
    /** Whether the work came to an end in time. Each answer is charged for all that is done because of it. */
    const isInTime = (answer: AdmittedAnswer, work: 'admit' | 'judge', run: (limitMs: number) => void): boolean => {
      // A parent that was killed is noticed here: no message gets through before the question is judged.
      if (process.ppid !== parent) process.exit(1)
      const limitMs = limitOf(answer)
      const startedAtMs = performance.now()
      let problem = `the file took longer than ${Math.max(0, limitMs)} ms`
      let isDeadline = true
      try {
        if (limitMs >= 1) {
          begin({ limitMs, cause: { uid: answer.uid, work } })
          run(limitMs)
          return true
        }
      } catch (error) {
        isDeadline = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
        if (!isDeadline) problem = `the file failed: ${(error as Error).message}`
      } finally {
        since(answer.uid, startedAtMs)
      }
      verdicts.set(answer.uid, { kind: 'fault', problem, isDeadline })
      return false
    }
    const admit = (answer: AdmittedAnswer, limitMs: number): TaskVerdict | null => {
      const { uid, hotkey, responseText } = answer
      return JSON.parse(
        realm.call('admit', JSON.stringify({ uid, hotkey, responseText }), limitMs),
      ) as TaskVerdict | null
    }
    const admitted: AdmittedAnswer[] = []
    /**
     * A realm that ran out of time may be half way through anything, so the question starts over in a new one. What was admitted before
     * and takes too long this time is late as well.
     */
    const startOver = async (cause: AdmittedAnswer): Promise<void> => {
      for (let late: AdmittedAnswer | undefined = cause; late !== undefined; ) {
        const startedAtMs = performance.now()
        begin({ limitMs: 2 * usualCallTimeoutMs })
        realm = await again()
        since(late.uid, startedAtMs)
        realm.call('open', JSON.stringify(question), usualCallTimeoutMs)
        late = admitted.find((other) => !isInTime(other, 'admit', (limitMs) => admit(other, limitMs)))
        if (late !== undefined) admitted.splice(admitted.indexOf(late), 1)
      }
    }
    begin({ limitMs: usualCallTimeoutMs })
    realm.call('open', JSON.stringify(question), usualCallTimeoutMs)
    for (const answer of answers) {
      let problem: TaskVerdict | null = null
      const isAdmitted = isInTime(answer, 'admit', (limitMs) => {
        problem = admit(answer, limitMs)
      })
      if (!isAdmitted) await startOver(answer)
      else if (problem === null) admitted.push(answer)
      else verdicts.set(answer.uid, problem)
    }
    for (const answer of order === 'ascending' ? [...admitted] : [...admitted].reverse()) {
      // Late when the question started over.
      if (!admitted.includes(answer)) continue
      if (answer.isLost) {
        verdicts.set(answer.uid, { kind: 'fault', problem: 'a process ended while it was judged', isDeadline: true })
        continue
      }
      const isJudged = isInTime(answer, 'judge', (limitMs) => {
        verdicts.set(answer.uid, JSON.parse(realm.call('judge', String(answer.uid), limitMs)) as TaskVerdict)
      })
      if (!isJudged) await startOver(answer)
    }
    return answers.map(({ uid }) => ({ verdict: verdicts.get(uid) as TaskVerdict, spentMs: spentMs.get(uid) ?? 0 }))
  }
}

async function again(): Promise<LoadedRealm> {
  const realm = await loadRealm(file)
  if (typeof realm === 'string') throw new Error('The file loaded once and does not load again')
  return realm
}

/** Said at once: the message is on its way before the call begins. */
function begin(step: SandboxStep): void {
  process.send?.({ step })
}

function answer(id: number, outcome: SandboxReply['outcome'], logs: readonly string[]): void {
  process.send?.({ id, outcome, logs } satisfies SandboxReply)
}
