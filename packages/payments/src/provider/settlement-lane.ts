/** Sends moves of many payers, those that wait together in one transaction. */
import { type Hex, sleep } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import type { TransactionReceipt } from 'viem'
import type { AuthorizedMove } from './authorized-move.ts'
import { aggregate, multicall3 } from './settlement-probe.ts'

export type LaneOptions = {
  readonly sender: TransactionSender
  readonly hasMulticall: () => Promise<boolean>
  /** Durable before the transaction leaves. */
  readonly onSending: (keys: readonly Hex[], transaction: Hex) => Promise<void>
  /** Most moves of one transaction. */
  readonly maximumMoves: number
}

/** A mined transaction and the part of its price that one move bears. */
export type Sent = { readonly receipt: TransactionReceipt; readonly costWei: bigint }

type Waiting = {
  readonly move: AuthorizedMove
  readonly isAlone: boolean
  resolve(sent: Sent): void
  reject(error: unknown): void
}

/** Gas that a move gets within a shared transaction; what it does not use is not paid. */
const sharedGas = { transfer: 200_000n, deposit: 300_000n } as const
const baseGas = 60_000n
/** A contract's signature check, or the creation of its account before that, may take so much in a transaction of its own. */
const maximumGasAlone = { existing: 500_000n, created: 750_000n } as const
/** Payments that come at the same moment travel together. */
const gatherMs = 4
const maximumUnderWay = 4

export class SettlementLane {
  readonly #options: LaneOptions
  #waiting: Waiting[] = []
  #underWay = 0
  #gathering = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /**
   * Resolves once the move's transaction is mined; whether it moved the money its logs say. `isAlone` keeps moves whose checks run into
   * foreign code out of everybody else's transaction. Rejects as `TransactionSender.send` does.
   */
  send(move: AuthorizedMove, isAlone: boolean): Promise<Sent> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ move, isAlone, resolve, reject })
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#gathering || this.#waiting.length === 0 || this.#underWay >= maximumUnderWay) return
    this.#gathering = true
    void this.#next().finally(() => {
      this.#gathering = false
      this.#pump()
    })
  }

  async #next(): Promise<void> {
    await sleep(gatherMs)
    const group = this.#take((await this.#options.hasMulticall().catch(() => false)) ? this.#options.maximumMoves : 1)
    this.#underWay++
    void this.#send(group)
      .then(({ receipt }) => {
        const costWei = (receipt.gasUsed * receipt.effectiveGasPrice) / BigInt(group.length)
        for (const { resolve } of group) resolve({ receipt, costWei })
      })
      .catch((error: unknown) => {
        for (const { reject } of group) reject(error)
      })
      .finally(() => {
        this.#underWay--
        this.#pump()
      })
  }

  #take(most: number): readonly Waiting[] {
    const [first] = this.#waiting as [Waiting]
    if (first.isAlone || first.move.prepare !== undefined) return this.#waiting.splice(0, 1)
    const group = this.#waiting.filter(({ isAlone, move }) => !isAlone && move.prepare === undefined).slice(0, most)
    this.#waiting = this.#waiting.filter((waiting) => !group.includes(waiting))
    return group
  }

  async #send(group: readonly Waiting[]): Promise<{ readonly receipt: TransactionReceipt }> {
    const { sender, onSending } = this.#options
    const moves = group.map(({ move }) => move)
    const what =
      moves.length === 1 ? `settling a ${(moves[0] as AuthorizedMove).kind}` : `settling ${moves.length} payments`
    const beforeSubmit = (hash: Hex) =>
      onSending(
        moves.map(({ key }) => key),
        hash,
      )
    const [first] = moves as [AuthorizedMove]
    if (moves.length === 1) {
      const { prepare } = first
      // The payer names the factory: only an account that holds nothing may call it.
      const call =
        prepare === undefined
          ? first.call
          : {
              to: multicall3,
              data: aggregate([
                { ...prepare, mayFail: true },
                { ...first.call, mayFail: false },
              ]),
            }
      const maximumGas = maximumGasAlone[prepare === undefined ? 'existing' : 'created']
      return { receipt: await sender.send(call, what, [], { beforeSubmit, maximumGas }) }
    }
    const data = aggregate(moves.map(({ call }) => ({ ...call, mayFail: true })))
    // Not estimated: an estimate is content with the least gas at which every member fails.
    const gas = moves.reduce((sum, { kind }) => sum + sharedGas[kind], baseGas)
    return { receipt: await sender.send({ to: multicall3, data }, what, [], { beforeSubmit, gas }) }
  }
}
