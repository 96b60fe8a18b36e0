/** Events of the subnet contracts, read once and kept: the past does not change. */
import type { Address, Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { epochsAbi, permitsAbi, subnetsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import { parseEventLogs } from 'viem'

export type EventContracts = Readonly<Record<'subnets' | 'permits' | 'work' | 'weights' | 'epochs', Address>>

const watchedAbi = [...subnetsAbi, ...permitsAbi, ...workAbi, ...weightsAbi, ...epochsAbi].filter(
  (item) => item.type === 'event',
)

export type LedgerEvent = ReturnType<typeof decode>[number]

export type EventOptions = {
  readonly startBlock: number
  /** Most blocks asked for at once. */
  readonly blocksPerRequest: number
  /** Blocks behind the head that may still be replaced: read anew each time. 0 on a single sequencer's chain. */
  readonly unsettledBlocks: number
}

/** Incremental reader. One instance a process; `read` may be called concurrently. */
export class LedgerEvents {
  readonly #reader: LedgerReader
  readonly #contracts: EventContracts
  readonly #options: EventOptions
  readonly #timestamps = new Map<bigint, number>()
  #settled: LedgerEvent[] = []
  #unsettled: LedgerEvent[] = []
  #nextBlock: bigint
  #turn: Promise<unknown> = Promise.resolve()

  constructor(reader: LedgerReader, contracts: EventContracts, options: EventOptions) {
    this.#reader = reader
    this.#contracts = contracts
    this.#options = options
    this.#nextBlock = BigInt(options.startBlock)
  }

  /** All events up to the head, in ledger order. */
  async read(): Promise<readonly LedgerEvent[]> {
    const turn = this.#turn.then(() => this.#advance())
    this.#turn = turn.catch(() => undefined)
    await turn
    return [...this.#settled, ...this.#unsettled]
  }

  /** Unix seconds of a block; remembered, because it is asked for settled events again and again. */
  async timestamp(blockNumber: bigint): Promise<number> {
    const known = this.#timestamps.get(blockNumber)
    if (known !== undefined) return known
    const block = await this.#reader.getBlock({ blockNumber })
    const seconds = Number(block.timestamp)
    if (blockNumber < this.#nextBlock) this.#timestamps.set(blockNumber, seconds)
    return seconds
  }

  async #advance(): Promise<void> {
    const head = await this.#reader.getBlockNumber({ cacheTime: 0 })
    const settledHead = head - BigInt(this.#options.unsettledBlocks)
    while (this.#nextBlock <= settledHead) {
      const end = least(settledHead, this.#nextBlock + BigInt(this.#options.blocksPerRequest) - 1n)
      this.#settled.push(...(await this.#fetch(this.#nextBlock, end)))
      this.#nextBlock = end + 1n
    }
    this.#unsettled = this.#nextBlock <= head ? [...(await this.#fetch(this.#nextBlock, head))] : []
  }

  async #fetch(fromBlock: bigint, toBlock: bigint): Promise<readonly LedgerEvent[]> {
    const logs = await this.#reader.getLogs({ address: Object.values(this.#contracts) as Hex[], fromBlock, toBlock })
    return decode(logs)
  }
}

function decode(logs: Parameters<typeof parseEventLogs>[0]['logs']) {
  return parseEventLogs({ abi: watchedAbi, logs, strict: true })
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
