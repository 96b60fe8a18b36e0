/** Events of the subnet contracts, read once and kept: the past does not change. */
import type { Address, Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { epochsAbi, permitsAbi, subnetsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import { createEventDecoder } from './event-decoder.ts'

export type EventContracts = Readonly<Record<'subnets' | 'permits' | 'work' | 'weights' | 'epochs', Address>>

/** Those that a ledger's history is made of; claims, the most by far, are not among them. */
const watched = [
  'NeuronRegistered',
  'NeuronRemoved',
  'PermittedStakeChanged',
  'WorkCommitted',
  'WeightsCommitted',
  'WeightsRevealed',
  'RootSubmitted',
  'RootConfirmed',
  'RootDisabled',
  'RootOverturned',
] as const
const all = [...subnetsAbi, ...permitsAbi, ...workAbi, ...weightsAbi, ...epochsAbi]
type Watched = Extract<(typeof all)[number], { readonly type: 'event'; readonly name: (typeof watched)[number] }>

const decode = createEventDecoder(
  all.filter((item): item is Watched => item.type === 'event' && watched.some((name) => name === item.name)),
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
  /** A look that has not begun. */
  #waiting: Promise<void> | undefined

  constructor(reader: LedgerReader, contracts: EventContracts, options: EventOptions) {
    this.#reader = reader
    this.#contracts = contracts
    this.#options = options
    this.#nextBlock = BigInt(options.startBlock)
  }

  /** All events up to the head, in ledger order. */
  async read(): Promise<readonly LedgerEvent[]> {
    // Whoever asks while a look is under way shares the next one.
    this.#waiting ??= this.#turn.then(() => {
      this.#waiting = undefined
      return this.#advance()
    })
    this.#turn = this.#waiting.catch(() => undefined)
    await this.#waiting
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

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
