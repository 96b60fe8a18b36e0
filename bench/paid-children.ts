/** The processes of `paid.ts`: a seller and a buyer each, started for one part and ended with it. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { ClientTask, Round, RoundFigures } from './paid-client.ts'
import type { SellerFigures, SellerTask } from './paid-seller.ts'

export type BenchSeller = { readonly url: string; figures(): Promise<SellerFigures> }
export type BenchBuyer = { play(round: Round): Promise<RoundFigures> }

const startTimeoutMs = 60_000
const answerTimeoutMs = 120_000

/** Children of one part; `end` kills them all. */
export class PaidChildren {
  readonly #children: ChildProcess[] = []

  async startSeller(task: SellerTask): Promise<BenchSeller> {
    const child = this.#fork('paid-seller.ts')
    const { url } = await ask<{ url: string }>(child, task, startTimeoutMs)
    return { url, figures: () => ask<SellerFigures>(child, 'figures', answerTimeoutMs) }
  }

  async startBuyer(task: ClientTask): Promise<BenchBuyer> {
    const child = this.#fork('paid-client.ts')
    await ask(child, task, startTimeoutMs)
    return { play: (round) => ask<RoundFigures>(child, round, answerTimeoutMs) }
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  #fork(file: string): ChildProcess {
    const child = fork(join(import.meta.dirname, file), { execArgv: ['--disable-warning=ExperimentalWarning'] })
    this.#children.push(child)
    return child
  }
}

/** A child answers every message with one; one that ended or is silent fails its part and no other. */
function ask<answer>(child: ChildProcess, message: object | string, timeoutMs: number): Promise<answer> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer)
      child.off('message', onAnswer)
      child.off('exit', onExit)
    }
    const onAnswer = (answer: unknown): void => {
      done()
      resolve(answer as answer)
    }
    const onExit = (code: number | null): void => {
      done()
      reject(new Error(`a child process ended with ${code}`))
    }
    const timer = setTimeout(() => {
      done()
      reject(new Error(`a child process said nothing for ${timeoutMs} ms`))
    }, timeoutMs)
    child.on('message', onAnswer)
    child.on('exit', onExit)
    child.send(message)
  })
}
