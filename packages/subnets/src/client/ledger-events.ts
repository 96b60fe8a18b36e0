/** Events of the subnet contracts, read once and kept: the past does not change. */
import type { Address, Hex } from '@koinon/base'
import { type BlockSpan, type LedgerReader, LogPager, SettledMark } from '@koinon/ledger'
import { epochsAbi, permitsAbi, subnetsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import { formatLog, numberToHex, type RpcLog, toEventSelector } from 'viem'
import { createEventDecoder } from './event-decoder.ts'

export type EventContracts = Readonly<Record<'subnets' | 'permits' | 'work' | 'weights' | 'epochs', Address>>

/** What is used of them, and no other: strangers can make many of the others for little. In each `netuid` is the first topic. */
const usedEvents = [
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
const allAbis = [...subnetsAbi, ...permitsAbi, ...workAbi, ...weightsAbi, ...epochsAbi] as const
type UsedEvent = Extract<(typeof allAbis)[number], { type: 'event'; name: (typeof usedEvents)[number] }>
const usedAbi = allAbis.filter(
  (item): item is UsedEvent => item.type === 'event' && (usedEvents as readonly string[]).includes(item.name),
)
const signatures = usedAbi.map((event) => toEventSelector(event))
const decodeLogs = createEventDecoder(usedAbi)

export type LedgerEvent = ReturnType<typeof decode>[number]

export type EventOptions = {
  readonly startBlock: number
  /**
   * Blocks behind the head that are expected to be replaced: read anew each time. Where more are, all is read anew. 0 on a single
   * sequencer's chain, of which no block is ever replaced.
   */
  readonly unsettledBlocks: number
  /** The only subnet whose events are read; of all without it. */
  readonly netuid?: number
}

/** Incremental reader. Keep one; `read` may be called concurrently. */
export class LedgerEvents {
  readonly #reader: LedgerReader
  readonly #contracts: EventContracts
  readonly #options: EventOptions
  readonly #pager = new LogPager()
  readonly #mark: SettledMark
  readonly #timestamps = new Map<bigint, number>()
  #settled: LedgerEvent[] = []
  #unsettled: readonly LedgerEvent[] = []
  #nextBlock: bigint
  #turn: Promise<unknown> = Promise.resolve()
  /** A look that has not begun. */
  #waiting: Promise<void> | undefined

  constructor(reader: LedgerReader, contracts: EventContracts, options: EventOptions) {
    this.#reader = reader
    this.#contracts = contracts
    this.#options = options
    this.#mark = new SettledMark(reader)
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
    if (this.#options.unsettledBlocks > 0) {
      if (!(await this.#mark.holds())) this.#forget()
      if (settledHead >= this.#nextBlock) await this.#mark.set(settledHead)
    }
    while (this.#nextBlock <= settledHead) {
      this.#nextBlock = (await this.#fetch({ fromBlock: this.#nextBlock, toBlock: settledHead }, this.#settled)) + 1n
    }
    const unsettled: LedgerEvent[] = []
    for (let fromBlock = this.#nextBlock; fromBlock <= head; ) {
      fromBlock = (await this.#fetch({ fromBlock, toBlock: head }, unsettled)) + 1n
    }
    this.#unsettled = unsettled
  }

  #forget(): void {
    this.#settled = []
    this.#timestamps.clear()
    this.#nextBlock = BigInt(this.#options.startBlock)
  }

  /** Appends the first page of a span; resolves with the block at which it ends. */
  async #fetch(span: BlockSpan, events: LedgerEvent[]): Promise<bigint> {
    const { logs, toBlock } = await this.#pager.next(span, (page) => this.#request(page))
    // One by one: a call takes no more than about 120,000 arguments.
    for (const log of logs) for (const event of decode(log)) events.push(event)
    return toBlock
  }

  /** viem's own call filters several events by their signatures only. */
  #request({ fromBlock, toBlock }: BlockSpan): Promise<readonly RpcLog[]> {
    const { netuid } = this.#options
    const address = Object.values(this.#contracts) as Hex[]
    const topics = netuid === undefined ? [signatures] : [signatures, numberToHex(netuid, { size: 32 })]
    return this.#reader.request({
      method: 'eth_getLogs',
      params: [{ address, topics, fromBlock: numberToHex(fromBlock), toBlock: numberToHex(toBlock) }],
    })
  }
}

/** One event, or none. */
function decode(log: RpcLog) {
  return decodeLogs([formatLog(log)])
}
