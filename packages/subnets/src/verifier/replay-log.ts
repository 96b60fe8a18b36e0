/** Recomputes a validator's epoch of a subnet file from its log and the published texts (specs/0016-subnet-files.md section 7). */
import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { type Check, checkThat, fail, notChecked, pass } from '@koinon/work'
import {
  boundedDetail,
  checkEvidenceLog,
  type EvidenceLog,
  type MinerEvidence,
  type Subnet,
  type WorkEvidence,
} from '../rules/index.ts'
import { isWholeText } from '../rules/subnet-file/task-answer.ts'
import { taskSubnet } from '../rules/subnet-file/task-subnet.ts'
import { judgeTasks } from './judge-tasks.ts'
import type { SubnetSandbox } from './sandbox/sandbox.ts'

/** The text with this SHA-256; undefined where it is not published. The text is checked here, whoever gives it. */
export type BlobSource = (hash: Hex) => Promise<string | undefined>

export type Replay = {
  /** `spec`, `questions`, `answers`, `evidence`, `scores`, `row`, `committed`, in this order; later ones follow from earlier ones. */
  readonly checks: readonly Check[]
  /** The first failed check's sentence. */
  readonly firstDifference: string | undefined
}

/** Throws `subnets/file-failed` when the file itself cannot be run. */
export async function replayLog(sandbox: SubnetSandbox, log: EvidenceLog, blobs: BlobSource): Promise<Replay> {
  const subnet = taskSubnet(sandbox.description)
  const checks: Check[] = [checkSpec(subnet.specHash(sandbox.sourceHash), log)]
  const taskTexts = await recomputeQuestions(sandbox, log, checks)
  const answers = await collectAnswers(log, blobs, checks)
  if (taskTexts !== undefined && answers !== undefined) {
    const seats = log.miners.map(({ uid, hotkey }) => ({ uid, hotkey }))
    const { netuid, epoch, beacon } = log
    const again = await judgeTasks(sandbox, { netuid, epoch, closingBeacon: beacon, taskTexts, seats, answers })
    checks.push(compareEvidence(log.miners, again))
  } else {
    checks.push(notChecked('evidence', 'questions or answers are not those of the log'))
  }
  const [, scores, row] = checkEvidenceLog(subnet as Subnet, log.specHash, log)
  checks.push(scores as Check, row as Check)
  // The audit compares it with the ledger.
  checks.push(
    notChecked('committed', 'whether the miners committed to these answers stands on the ledger: koinon audit'),
  )
  const failed = checks.find(({ state }) => state === 'fail')
  return { checks, firstDifference: failed && `${failed.name}: ${failed.detail}` }
}

function checkSpec(own: Hex, log: EvidenceLog): Check {
  const detail = `the log is for spec ${log.specHash.slice(0, 12)}…, this file is ${own.slice(0, 12)}…`
  return checkThat('spec', log.specHash === own, detail)
}

async function recomputeQuestions(
  sandbox: SubnetSandbox,
  log: EvidenceLog,
  checks: Check[],
): Promise<readonly string[] | undefined> {
  if (log.tasks === undefined) {
    checks.push(fail('questions', 'the log is not that of a subnet file: it names no questions'))
    return undefined
  }
  const { openingBeacon, taskHashes } = log.tasks
  const texts = await sandbox.tasks({ epoch: log.epoch, beacon: openingBeacon })
  const different = texts.findIndex((text, index) => sha256Hex(text) !== taskHashes[index])
  if (different < 0 && texts.length === taskHashes.length) {
    checks.push(pass('questions', `${texts.length} questions follow from the opening beacon`))
    return texts
  }
  const first = different < 0 ? texts.length : different
  checks.push(fail('questions', `question ${first} of ${taskHashes.length} is another one here`))
  return undefined
}

type Answers = ReadonlyMap<Address, ReadonlyMap<number, string>>

async function collectAnswers(log: EvidenceLog, blobs: BlobSource, checks: Check[]): Promise<Answers | undefined> {
  const all = new Map<Address, Map<number, string>>()
  let count = 0
  for (const { uid, hotkey, committedCount, work } of log.miners) {
    if (committedCount !== undefined) all.set(hotkey, new Map())
    for (const { receiptHash, facts } of work) {
      const task = facts['task']
      // Not shown, or for no question: nothing was scored.
      if (task === undefined) continue
      const text = await blobs(receiptHash)
      const subject = `the answer of uid ${uid} to question ${task} (${receiptHash})`
      if (text === undefined) {
        checks.push(notChecked('answers', `${subject} was not to be had`))
        return undefined
      }
      if (sha256Hex(text) !== receiptHash || !isWholeText(text)) {
        checks.push(fail('answers', `${subject} is another one`))
        return undefined
      }
      all.get(hotkey)?.set(task, text)
      count++
    }
  }
  checks.push(pass('answers', `${count} answers have the hashes that the log names`))
  return all
}

/** The first answer that comes out otherwise. Where the log says that a deadline ended it, another machine may have come to an end. */
function compareEvidence(logged: readonly MinerEvidence[], again: readonly MinerEvidence[]): Check {
  let open = 0
  for (const [index, miner] of logged.entries()) {
    const own = again[index] as MinerEvidence
    for (const work of miner.work) {
      if (work.facts['task'] === undefined) continue
      const recomputed = own.work.find(({ receiptHash }) => receiptHash === work.receiptHash)
      if (work.facts['isFault'] === 2) {
        open++
        continue
      }
      if (recomputed !== undefined && textOf(work) === textOf(recomputed)) continue
      const task = work.facts['task']
      return fail(
        'evidence',
        `uid ${miner.uid}, question ${task}: the log says ${wordsOf(work)}; here it is ${wordsOf(recomputed)}`,
      )
    }
    if (JSON.stringify(miner.facts) !== JSON.stringify(own.facts)) {
      return fail(
        'evidence',
        `uid ${miner.uid}: the file's aggregate gives ${JSON.stringify(own.facts)}, the log ${JSON.stringify(miner.facts)}`,
      )
    }
  }
  const count = logged.reduce((sum, { work }) => sum + work.length, 0)
  const rest = open === 0 ? '' : `; ${open} ended by a deadline cannot be recomputed`
  return pass('evidence', `${count - open} answers judged alike${rest}`)
}

/** Details are cut here too: logs of earlier versions have longer ones. */
function textOf({ facts, checks }: WorkEvidence): string {
  const cut = checks.map(({ name, state, detail }) => [name, state, boundedDetail(detail)])
  return JSON.stringify([facts['task'], facts['scorePpm'], facts['isFault'], cut])
}

function wordsOf(work: WorkEvidence | undefined): string {
  if (work === undefined) return 'missing'
  const { facts, checks } = work
  const score = facts['scorePpm'] === undefined ? 'not scored' : `${facts['scorePpm']} millionths`
  return `${score} (${checks
    .map(({ detail }) => detail)
    .join('; ')
    .slice(0, 300)})`
}
