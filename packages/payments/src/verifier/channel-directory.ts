import { type Address, type Hex, toAddress } from '@koinon/base'
import { type LedgerReader, LogPager, SettledMark } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { reachable } from '../core/escrow.ts'

/** What the ledger has seen of a channel. It stays true after the channel is empty again. */
export type LedgerChannel = {
  readonly payer: Address
  readonly receiver: Address
  readonly token: Address
  /** The most that ever lay in it, atomic units. */
  readonly mostDepositedAtomic: bigint
}

export type ChannelDirectoryOptions = {
  readonly reader: LedgerReader
  readonly escrow: Address
  readonly startBlock: number
  /** Blocks behind the head that are expected to be replaced: read anew each time; where more are, all is. 0 on a single sequencer's chain. */
  readonly unsettledBlocks: number
}

const pageTimeoutMs = 60_000
const events = batchSettlementAbi.filter(
  (item) => item.type === 'event' && (item.name === 'ChannelCreated' || item.name === 'Deposited'),
) as Extract<(typeof batchSettlementAbi)[number], { type: 'event'; name: 'ChannelCreated' | 'Deposited' }>[]

/**
 * Every channel that was ever opened, from the escrow's events, so that a stranger's receipt can be held against it. What a payer has
 * withdrawn later does not matter. Reads only blocks that it has not seen; one instance a process.
 */
export class ChannelDirectory {
  readonly #options: ChannelDirectoryOptions
  readonly #settled = new Map<Hex, LedgerChannel>()
  readonly #pager = new LogPager()
  readonly #mark: SettledMark
  #nextBlock: bigint
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: ChannelDirectoryOptions) {
    this.#options = options
    this.#mark = new SettledMark(options.reader)
    this.#nextBlock = BigInt(options.startBlock)
  }

  /** Those of the channels that were ever opened. Throws `payments/ledger-unreachable` (retry later). */
  async find(channelIds: readonly Hex[]): Promise<ReadonlyMap<Hex, LedgerChannel>> {
    const turn = this.#turn.then(() => this.#advance())
    this.#turn = turn.catch(() => undefined)
    const unsettled = await turn
    return new Map(
      channelIds.flatMap((id) => {
        const channel = unsettled.get(id) ?? this.#settled.get(id)
        return channel === undefined ? [] : [[id, channel] as const]
      }),
    )
  }

  async #advance(): Promise<ReadonlyMap<Hex, LedgerChannel>> {
    const { reader, unsettledBlocks } = this.#options
    const head = await reachable(reader.getBlockNumber({ cacheTime: 0 }))
    const settledHead = head - BigInt(unsettledBlocks)
    if (unsettledBlocks > 0) {
      if (!(await reachable(this.#mark.holds()))) this.#forget()
      if (settledHead >= this.#nextBlock) await reachable(this.#mark.set(settledHead))
    }
    while (this.#nextBlock <= settledHead) {
      this.#nextBlock = (await this.#read(this.#nextBlock, settledHead, this.#settled)) + 1n
    }
    const unsettled = new Map<Hex, LedgerChannel>()
    for (let next = this.#nextBlock; next <= head; ) next = (await this.#read(next, head, unsettled)) + 1n
    return unsettled
  }

  #forget(): void {
    this.#settled.clear()
    this.#nextBlock = BigInt(this.#options.startBlock)
  }

  /** Reads the first page of a span; resolves with the block at which it ends. */
  async #read(fromBlock: bigint, toBlock: bigint, channels: Map<Hex, LedgerChannel>): Promise<bigint> {
    const { reader, escrow } = this.#options
    const page = this.#pager.next({ fromBlock, toBlock }, (span) =>
      reader.getLogs({ address: escrow, events, strict: true, ...span }),
    )
    const { logs, toBlock: end } = await reachable(page, pageTimeoutMs)
    for (const log of logs) {
      if (log.eventName === 'ChannelCreated') {
        const { payer, receiver, token } = log.args.config
        const known = channels.get(log.args.channelId) ?? this.#settled.get(log.args.channelId)
        channels.set(log.args.channelId, {
          payer: toAddress(payer),
          receiver: toAddress(receiver),
          token: toAddress(token),
          mostDepositedAtomic: known?.mostDepositedAtomic ?? 0n,
        })
      }
      if (log.eventName === 'Deposited') {
        const { channelId, newBalance } = log.args
        const known = channels.get(channelId) ?? this.#settled.get(channelId)
        if (known !== undefined && newBalance > known.mostDepositedAtomic) {
          channels.set(channelId, { ...known, mostDepositedAtomic: newBalance })
        }
      }
    }
    return end
  }
}
