/** Answers the questions of a subnet file, epoch by epoch (specs/0016-subnet-files.md section 3). */
import { type Address, type Hex, KoinonError, sha256Hex, sleep, utf8ToBytes } from '@koinon/base'
import { type SubnetLedger, type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import { type EpochWindow, epochAt, epochWindow, type WorkItem } from '../rules/index.ts'
import { answerEpochs, isLongerThan, type TaskAnswer, taskAnswer } from '../rules/subnet-file/task-answer.ts'
import type { StoredTaskAnswer, TaskAnswerStore } from './task-answer-store.ts'

/** The parts of a subnet file that a miner runs. */
export type AnsweringFile = {
  tasks(input: { readonly epoch: number; readonly beacon: Hex }): Promise<readonly string[]>
  serve(input: {
    readonly epoch: number
    readonly beacon: Hex
    readonly index: number
    readonly taskText: string
    readonly hotkey: Address
  }): Promise<string>
}

export type TaskAnswererOptions = {
  readonly netuid: number
  readonly hotkey: Address
  readonly ledger: SubnetLedger
  readonly writer: Pick<SubnetLedgerWriter, 'drawBeacon'>
  readonly store: TaskAnswerStore
  readonly file: AnsweringFile
  /** Most bytes of an answer in an epoch; a longer one is left out, because who commits to it gets nothing for the epoch. */
  readonly answerBytes: (epoch: number) => Promise<number>
  readonly pollMs: number
  readonly onError: (error: unknown) => void
  readonly onAnswered?: (epoch: number, answers: number, questions: number) => void
}

/** One miner of a subnet file. Questions are answered once, when their beacon is drawn; safe to kill at any point. */
export class TaskAnswerer {
  readonly #options: TaskAnswererOptions
  #stopping: AbortController | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: TaskAnswererOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopping !== undefined) return
    const stopping = new AbortController()
    this.#stopping = stopping
    this.#running = this.#run(stopping.signal)
  }

  /** Waits for the step under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#running
    this.#stopping = undefined
  }

  /** What to commit of an epoch that is over, for `WorkCommitter`. */
  async workOf(window: EpochWindow): Promise<readonly WorkItem[]> {
    const { ledger, netuid, store } = this.#options
    const epoch = epochAt(await ledger.clock(netuid), window.startsAtSeconds)
    const answers = await store.answers(netuid, epoch)
    return answers.map(({ requestId, answerHash }) => ({ requestId, receiptHash: answerHash }))
  }

  /** One step: answers the epoch under way, if its questions are known and it is not done. */
  async tick(): Promise<void> {
    const { ledger, netuid, store } = this.#options
    const [clock, now] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
    const epoch = epochAt(clock, now)
    if (epoch < 1 || (await store.hasAnswered(netuid, epoch))) return
    const beacon = (await ledger.beacon(netuid, epoch - 1)) ?? (await this.#firstBeacon(epoch, now))
    if (beacon === undefined) return
    const { file, hotkey, onError, onAnswered } = this.#options
    const answerBytes = await this.#options.answerBytes(epoch)
    const questions = await file.tasks({ epoch, beacon })
    const answers: StoredTaskAnswer[] = []
    for (const [task, taskText] of questions.entries()) {
      try {
        const response = await file.serve({ epoch, beacon, index: task, taskText, hotkey })
        const place = { netuid, epoch, hotkey, task, taskHash: sha256Hex(taskText) }
        const answer = taskAnswer(place, response)
        if (isLongerThan(answer.text, answerBytes)) throw tooLong(task, answer, answerBytes)
        answers.push({ task, ...answer })
      } catch (error) {
        // One question without an answer is no reason to leave out the others.
        onError(error)
      }
    }
    // Not one answer: the file's process may be lost. It is tried again as long as the epoch lasts.
    if (answers.length === 0 && questions.length > 0) return
    await store.save(netuid, epoch, answers, epoch - answerEpochs(clock.epochSeconds))
    onAnswered?.(epoch, answers.length, questions.length)
  }

  /** Nobody has a permit in epoch 0, whose beacon opens the first questions: so miners draw it. */
  async #firstBeacon(epoch: number, nowSeconds: number): Promise<Hex | undefined> {
    const { ledger, netuid, writer } = this.#options
    if (epoch !== 1 || nowSeconds < epochWindow(await ledger.clock(netuid), 0).workCommitEndsAtSeconds) return undefined
    const drawn = () => ledger.beacon(netuid, 0)
    await unlessDone(
      () => writer.drawBeacon(netuid, 0),
      async () => (await drawn()) !== undefined,
    )
    return drawn()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.tick().catch(this.#options.onError)
      await sleep(this.#options.pollMs, signal)
    }
  }
}

function tooLong(task: number, { text }: TaskAnswer, answerBytes: number): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-answer',
    message: `The answer to question ${task} has ${utf8ToBytes(text).length} bytes; the subnet takes ${answerBytes}`,
    hint: 'Let "serve" give less, or ask the subnet\'s owner for a higher answerBytes.',
  })
}
