/** Judges the answers that a validator read of a subnet file's miners (specs/0016-subnet-files.md section 4). */
import { type Hex, sha256Hex } from '@koinon/base'
import { fail } from '@koinon/work'
import type { EvidenceLog, MinerEvidence, WorkEvidence } from '../rules/index.ts'
import { judgeTasks } from './judge-tasks.ts'
import type { SubnetSandbox } from './sandbox/sandbox.ts'

export type EpochToJudge = {
  readonly netuid: number
  readonly epoch: number
  /** Undefined when it was never drawn: then there were no questions. */
  readonly openingBeacon: Hex | undefined
  readonly closingBeacon: Hex
  /** As `assessMiners` left them: which answers were committed, and whether each was shown. */
  readonly miners: readonly MinerEvidence[]
  /** Time for judging them all, in equal shares. */
  readonly timeMs: number
}

export type JudgedEpoch = {
  readonly miners: readonly MinerEvidence[]
  readonly tasks: EvidenceLog['tasks']
  /** Texts of all judged answers by their hash, for whoever replays. */
  readonly answers: ReadonlyMap<Hex, string>
}

/** What a validator of a subnet file brings along: `keep` while it reads answers, `judge` when it has read them. */
export type AnswerJudge = {
  keep(answerHash: Hex, text: string): void
  judge(epoch: EpochToJudge): Promise<JudgedEpoch>
}

/** A sandbox that is lost is opened anew for the next attempt. */
export class SandboxedJudge implements AnswerJudge {
  readonly #open: () => Promise<SubnetSandbox>
  readonly #texts = new Map<Hex, string>()
  #sandbox: Promise<SubnetSandbox> | undefined

  /** `first` is one that is open already. */
  constructor(open: () => Promise<SubnetSandbox>, first?: SubnetSandbox) {
    this.#open = open
    if (first !== undefined) this.#sandbox = Promise.resolve(first)
  }

  keep(answerHash: Hex, text: string): void {
    this.#texts.set(answerHash, text)
  }

  async judge(epoch: EpochToJudge): Promise<JudgedEpoch> {
    const { openingBeacon } = epoch
    if (openingBeacon === undefined) {
      this.#texts.clear()
      return { miners: epoch.miners.map(withoutWork), tasks: undefined, answers: new Map() }
    }
    this.#sandbox ??= this.#open()
    try {
      const sandbox = await this.#sandbox
      const taskTexts = await sandbox.tasks({ epoch: epoch.epoch, beacon: openingBeacon })
      const read = epoch.miners.map((miner) => this.#answersOf(miner, taskTexts.length))
      const committed = epoch.miners.flatMap(({ hotkey, committedCount }, index) =>
        committedCount === undefined ? [] : [[hotkey, read[index]?.byTask as ReadonlyMap<number, string>] as const],
      )
      const judged = await judgeTasks(sandbox, {
        netuid: epoch.netuid,
        epoch: epoch.epoch,
        closingBeacon: epoch.closingBeacon,
        taskTexts,
        seats: epoch.miners.map(({ uid, hotkey }) => ({ uid, hotkey })),
        answers: new Map(committed),
        timeMs: epoch.timeMs,
      })
      this.#texts.clear()
      return {
        miners: epoch.miners.map((miner, index) => merge(miner, judged[index] as MinerEvidence, read[index] as Read)),
        tasks: { openingBeacon, taskHashes: taskTexts.map((text) => sha256Hex(text)) },
        answers: new Map(read.flatMap(({ byTask }) => [...byTask.values()]).map((text) => [sha256Hex(text), text])),
      }
    } catch (error) {
      // What is read again for the next attempt; nothing of epochs that are past.
      const current = new Set(epoch.miners.flatMap(({ work }) => work.map(({ receiptHash }) => receiptHash)))
      for (const hash of this.#texts.keys()) if (!current.has(hash)) this.#texts.delete(hash)
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const sandbox = this.#sandbox
    this.#sandbox = undefined
    await sandbox?.then(
      (open) => open.close(),
      () => undefined,
    )
  }

  #answersOf({ work }: MinerEvidence, questions: number): Read {
    const byTask = new Map<number, string>()
    const rest = work.flatMap((item): readonly WorkEvidence[] => {
      const text = this.#texts.get(item.receiptHash)
      if (text === undefined || item.checks.some(({ state }) => state !== 'pass')) return [item]
      const task = taskOf(text)
      if (task < 0 || task >= questions || byTask.has(task)) {
        return [{ ...item, checks: [fail('answer', 'it is for no question of the epoch, or for one answered before')] }]
      }
      byTask.set(task, text)
      return []
    })
    return { byTask, rest }
  }
}

/** `byTask`: texts of the first answer to each question that was shown. `rest`: the evidence of all others, with what is wrong. */
type Read = { readonly byTask: ReadonlyMap<number, string>; readonly rest: readonly WorkEvidence[] }

/** In the committed order, so that a miner's root follows from the evidence. */
function merge(miner: MinerEvidence, judged: MinerEvidence, { rest }: Read): MinerEvidence {
  const facts = judged.facts === undefined ? {} : { facts: judged.facts }
  const found = new Map([...rest, ...judged.work].map((item) => [item.receiptHash, item]))
  return { ...miner, work: miner.work.map((item) => found.get(item.receiptHash) ?? item), ...facts }
}

function withoutWork(miner: MinerEvidence): MinerEvidence {
  return { ...miner, work: [] }
}

/** The question that an answer says it is for; -1 for a text that names none. */
function taskOf(text: string): number {
  try {
    const { task } = JSON.parse(text) as { readonly task?: unknown }
    return Number.isInteger(task) ? (task as number) : -1
  } catch {
    return -1
  }
}
