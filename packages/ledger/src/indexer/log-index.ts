/**
 * The questions of an index, answered from the ledger's logs themselves: for whoever has no index at hand. Logs of what is asked for are
 * read whole, once; nothing is stored.
 */
import { encodeEventTopics, formatLog, type Hex, type Log, numberToHex, type RpcLog } from 'viem'
import type { LedgerReader } from '../clients.ts'
import { type BlockSpan, LogPager } from '../log-pager.ts'
import type { NetworkFile } from '../network-file.ts'
import { abiOf, type DecodedEvent, decodeLog, indexedContracts } from './decode.ts'
import { type JobTotals, jobMoneyEvents, jobStepEvents, sumJobEvents } from './job-totals.ts'
import type { EventFilter, IndexedEvent } from './queries.ts'
import type { ArgumentSum, KeyedEvent, SummaryFilter } from './summaries.ts'

export type LogIndex = {
  /** Up to which all answers hold. */
  readonly asOfBlock: number
  events(filter: EventFilter): Promise<readonly IndexedEvent[]>
  newest(filter: SummaryFilter): Promise<readonly KeyedEvent[]>
  first(filter: SummaryFilter): Promise<readonly KeyedEvent[]>
  sums(filter: SummaryFilter & { readonly sum: string }): Promise<readonly ArgumentSum[]>
  jobs(token: string): Promise<readonly JobTotals[]>
}

/** Of one step backwards; a pager asks for as many at once. */
const spanBlocks = 5_000n

type Asked = Pick<SummaryFilter, 'contract' | 'names' | 'netuid'>

/** Answers as of the ledger's newest block now. Throws what the JSON-RPC server says. */
export async function openLogIndex(place: {
  readonly network: NetworkFile
  readonly reader: LedgerReader
}): Promise<LogIndex> {
  const { network, reader } = place
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  const start = BigInt(network.startBlock)
  const contracts = indexedContracts(network)
  const kept = new Map<string, Promise<readonly DecodedEvent[]>>()
  const times = new Map<number, Promise<number>>()

  const secondsOf = (block: number): Promise<number> => {
    const known = times.get(block)
    if (known !== undefined) return known
    const asked = reader.getBlock({ blockNumber: BigInt(block) }).then(({ timestamp }) => Number(timestamp))
    times.set(block, asked)
    return asked
  }

  const readSpan = async (asked: Asked, span: BlockSpan): Promise<readonly DecodedEvent[]> => {
    const { contract, netuid } = asked
    const pager = new LogPager()
    const found: DecodedEvent[] = []
    const address = network.contracts[contract]
    const topics = topicsOf(asked)
    for (let { fromBlock } = span; fromBlock <= span.toBlock; ) {
      const { logs, toBlock } = await pager.next({ fromBlock, toBlock: span.toBlock }, (page) => {
        const [from, to] = [numberToHex(page.fromBlock), numberToHex(page.toBlock)]
        const params = [{ address, topics, fromBlock: from, toBlock: to }]
        return reader.request({ method: 'eth_getLogs', params: params as never })
      })
      for (const log of logs as readonly RpcLog[]) {
        const event = decodeLog(formatLog(log) as Log<bigint, number, false>, contracts)
        if (event !== undefined && (netuid === undefined || event.netuid === netuid)) found.push(event)
      }
      fromBlock = toBlock + 1n
    }
    return found.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex)
  }

  const matching = async (filter: Asked & Pick<SummaryFilter, 'epochs' | 'sinceSeconds'>) => {
    const { epochs, sinceSeconds } = filter
    const fromBlock = sinceSeconds === undefined ? start : await firstBlockSince(sinceSeconds)
    const name = JSON.stringify([filter.contract, filter.names, filter.netuid ?? null, `${fromBlock}`])
    const events = kept.get(name) ?? readSpan(filter, { fromBlock, toBlock: head })
    kept.set(name, events)
    return (await events).filter(
      ({ epoch }) => epochs === undefined || (epoch !== null && epoch >= epochs[0] && epoch <= epochs[1]),
    )
  }

  /** Read backwards, because a chain may be long and the newest are near its head. */
  const newestOf = async (filter: Asked, isWanted: (event: DecodedEvent) => boolean, limit: number) => {
    const found: DecodedEvent[] = []
    for (let toBlock = head; toBlock >= start && found.length < limit; toBlock -= spanBlocks) {
      const from = toBlock - spanBlocks + 1n
      const events = await readSpan(filter, { fromBlock: from > start ? from : start, toBlock })
      found.push(...events.filter(isWanted).toReversed())
    }
    return found.slice(0, limit)
  }

  /** Found by halving; one past the head where there is none. */
  const firstBlockSince = async (seconds: number): Promise<bigint> => {
    let [low, high] = [start, head + 1n]
    while (low < high) {
      const middle = (low + high) / 2n
      if ((await secondsOf(Number(middle))) >= seconds) high = middle
      else low = middle + 1n
    }
    return low
  }

  return {
    asOfBlock: Number(head),
    async events({ epoch, where, order, limit, ...filter }) {
      const isWanted = (event: DecodedEvent): boolean =>
        (epoch === undefined || event.epoch === epoch) &&
        Object.entries(where ?? {}).every(([name, value]) => `${memberOf(event.args, name)}` === value)
      const found =
        order === 'newest'
          ? await newestOf(filter, isWanted, limit ?? Number.POSITIVE_INFINITY)
          : (await matching(filter)).filter(isWanted).slice(0, limit)
      return await Promise.all(
        found.map(async (event) => ({ ...event, timestampSeconds: await secondsOf(event.blockNumber) })),
      )
    },
    newest: async (filter) => oneEach((await matching(filter)).toReversed(), filter),
    first: async (filter) => oneEach(await matching(filter), filter),
    async sums(filter) {
      const sums = new Map<string, bigint>()
      for (const { args } of await matching(filter)) {
        const key = keyOf(args, filter)
        sums.set(key, (sums.get(key) ?? 0n) + BigInt(String(args[filter.sum])))
      }
      return [...sums].map(([key, sum]) => ({ key, sum: `${sum}` }))
    },
    jobs: async (token) =>
      sumJobEvents(await matching({ contract: 'jobs', names: [...jobStepEvents, ...jobMoneyEvents] }), token),
  }
}

/** An argument, or with dots a member of a struct. */
function memberOf(args: DecodedEvent['args'], path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], args)
}

/** Signatures, and the subnet where each of the events names it first. */
function topicsOf({ contract, names, netuid }: Asked): readonly (readonly Hex[] | Hex)[] {
  const abi = abiOf(contract)
  const events = abi.filter((item) => item.type === 'event' && names.includes(item.name))
  const signatures = events.map((event) => encodeEventTopics({ abi: [event] })[0] as Hex)
  const isFirst = events.every((event) => {
    const [input] = event.type === 'event' ? event.inputs : []
    return input?.name === 'netuid' && input.indexed === true
  })
  return netuid === undefined || !isFirst ? [signatures] : [signatures, numberToHex(netuid, { size: 32 })]
}

function oneEach(events: readonly DecodedEvent[], filter: SummaryFilter): readonly KeyedEvent[] {
  const found = new Map<string, KeyedEvent>()
  for (const { args, blockNumber, epoch } of events) {
    const key = keyOf(args, filter)
    if (!found.has(key)) found.set(key, { key, blockNumber, epoch, args })
  }
  return [...found.values()]
}

function keyOf(args: DecodedEvent['args'], { by }: SummaryFilter): string {
  return [by]
    .flat()
    .map((name) => `${args[name]}`)
    .join('/')
}
