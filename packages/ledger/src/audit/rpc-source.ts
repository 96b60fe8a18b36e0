/** An audit's source behind any JSON-RPC server. */
import {
  type Address,
  boundedText,
  type Hex,
  KoinonError,
  maximumEvidenceLogBytes,
  sleep,
  withDeadline,
  zeroAddress,
} from '@koinon/base'
import { decodeEventLog, type Log, parseAbiItem } from 'viem'
import type { LedgerReader } from '../clients.ts'
import { type BlockSpan, LogPager } from '../log-pager.ts'
import type { NetworkFile } from '../network-file.ts'
import { unsettledBlocksOf } from '../settled-mark.ts'
import { lowerAddresses } from './audit-json.ts'
import {
  type Answer,
  type AuditContract,
  type AuditEvent,
  type AuditSource,
  auditedAbis,
  type ViewCall,
} from './audit-source.ts'

export type RpcSourceOptions = {
  readonly reader: LedgerReader
  readonly network: NetworkFile
  /** Of KOIN. `supply`: mints, burns, and what comes to the stake and leaves it. `all` can be many more. */
  readonly transfers: 'supply' | 'all'
  readonly onProgress: (text: string) => void
}

const requestsAtOnce = 8
const attempts = 3
const progressMs = 2_000
const requestDeadlineMs = 30_000
const pageDeadlineMs = 60_000
const documentTimeoutMs = 5_000
const transfer = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
/** Whose logs are read whole. */
const logged = [
  'subnets',
  'terms',
  'pools',
  'delegation',
  'staking',
  'permits',
  'conviction',
  'work',
  'weights',
  'epochs',
  'emission',
  'channels',
  'jobs',
  'jobEvaluators',
] as const

/** Reads all events up to the head; views and documents when they are asked for. Throws `ledger/audit-unreadable` (retry later). */
export async function createRpcSource(options: RpcSourceOptions): Promise<AuditSource> {
  const { reader, network, onProgress } = options
  const newest = await readable('the newest block', () => reader.getBlockNumber({ cacheTime: 0 }))
  const back = BigInt(unsettledBlocksOf(network))
  const blockNumber = newest > back ? newest - back : 0n
  const head = await readable('the head', () => reader.getBlock({ blockNumber }))
  const own = await readLogs(options, blockNumber)
  const quorums = quorumsIn(own, network)
  const logs = inLedgerOrder([...own, ...(await readQuorumLogs(options, quorums, blockNumber))])
  const seconds = await readTimes(reader, logs, onProgress)
  const again = await readable('the head again', () => reader.getBlock({ blockNumber }))
  if (again.hash !== head.hash) throw replaced(blockNumber)
  const run = limited(requestsAtOnce)
  return {
    network,
    head: { block: Number(blockNumber), hash: head.hash as Hex, seconds: Number(head.timestamp) },
    events: logs.flatMap((log) => decoded(log, network, quorums, seconds)),
    view: (call) => run(() => readView(reader, network, call, blockNumber)),
    document: (url) => run(() => readDocument(url)),
  }
}

async function readLogs(
  { reader, network, transfers, onProgress }: RpcSourceOptions,
  last: bigint,
): Promise<readonly Log[]> {
  const address = logged.flatMap((name) => network.contracts[name] ?? [])
  const { token, staking } = network.contracts
  const sides = [zeroAddress, staking].flatMap((account) => [{ from: account }, { to: account }])
  const parts = transfers === 'all' ? [{}] : sides
  const read = async (page: BlockSpan): Promise<readonly Log[]> => {
    const found = await Promise.all([
      reader.getLogs({ address, ...page }),
      ...parts.map((args) => reader.getLogs({ address: token, event: transfer, args, ...page })),
    ])
    return found.flat() as Log[]
  }
  const unique = await readPages(read, BigInt(network.startBlock), last, onProgress)
  return inLedgerOrder(unique)
}

/** Logs of evaluators, of which the network file names none: since the first of them was put in place. */
async function readQuorumLogs(
  { reader, onProgress }: RpcSourceOptions,
  quorums: ReadonlyMap<string, bigint>,
  last: bigint,
): Promise<readonly Log[]> {
  const address = [...quorums.keys()] as Address[]
  const [first] = quorums.values()
  if (first === undefined) return []
  const read = (page: BlockSpan) => reader.getLogs({ address, ...page }) as Promise<readonly Log[]>
  return readPages(read, first, last, onProgress)
}

/** Evaluators with the block that put them in place, the first one first. */
function quorumsIn(logs: readonly Log[], { contracts }: NetworkFile): ReadonlyMap<string, bigint> {
  const created = logs.filter(
    ({ address }) => contracts.jobEvaluators !== undefined && address.toLowerCase() === contracts.jobEvaluators,
  )
  return new Map(
    created.flatMap((log) => {
      const { eventName, args } = decode('jobEvaluators', log)
      const { evaluator } = (args ?? {}) as { readonly evaluator?: string }
      return eventName === 'EvaluatorCreated' && evaluator !== undefined
        ? [[evaluator.toLowerCase(), log.blockNumber as bigint] as const]
        : []
    }),
  )
}

async function readPages(
  read: (page: BlockSpan) => Promise<readonly Log[]>,
  first: bigint,
  last: bigint,
  onProgress: (text: string) => void,
): Promise<readonly Log[]> {
  const unique = new Map<string, Log>()
  const pager = new LogPager()
  for (let fromBlock = first; fromBlock <= last; ) {
    const ask = () => pager.next({ fromBlock, toBlock: last }, read)
    const { logs, toBlock } = await readable(`logs of block ${fromBlock}`, ask, pageDeadlineMs)
    for (const log of logs) unique.set(`${log.blockNumber}/${log.logIndex}`, log)
    fromBlock = toBlock + 1n
    onProgress(`read blocks up to ${toBlock} of ${last}: ${unique.size} logs`)
  }
  return [...unique.values()]
}

function inLedgerOrder(logs: readonly Log[]): readonly Log[] {
  return logs.toSorted(
    (a, b) => Number((a.blockNumber ?? 0n) - (b.blockNumber ?? 0n)) || (a.logIndex ?? 0) - (b.logIndex ?? 0),
  )
}

async function readTimes(
  reader: LedgerReader,
  logs: readonly Log[],
  onProgress: (text: string) => void,
): Promise<ReadonlyMap<bigint, number>> {
  // Many servers tell the time with the log, which saves a request for each block.
  const seconds = new Map(
    logs.flatMap(({ blockNumber, blockTimestamp }) =>
      blockTimestamp ? [[blockNumber as bigint, Number(blockTimestamp)] as const] : [],
    ),
  )
  const blocks = [...new Set(logs.map((log) => log.blockNumber as bigint))].filter((block) => !seconds.has(block))
  const run = limited(requestsAtOnce)
  let read = 0
  let toldAtMs = Date.now()
  await Promise.all(
    blocks.map((blockNumber) =>
      run(async () => {
        const block = await readable(`block ${blockNumber}`, () => reader.getBlock({ blockNumber }))
        seconds.set(blockNumber, Number(block.timestamp))
        read++
        if (Date.now() - toldAtMs < progressMs) return
        toldAtMs = Date.now()
        onProgress(`read the times of ${read} of ${blocks.length} blocks`)
      }),
    ),
  )
  return seconds
}

/** Nothing for an event that this version does not know. */
function decoded(
  log: Log,
  { contracts }: NetworkFile,
  quorums: ReadonlyMap<string, bigint>,
  seconds: ReadonlyMap<bigint, number>,
): readonly AuditEvent[] {
  const address = log.address.toLowerCase()
  const isQuorum = quorums.has(address)
  const contract = isQuorum ? 'quorum' : (['token', ...logged] as const).find((name) => contracts[name] === address)
  if (contract === undefined || log.blockNumber === null || log.logIndex === null || log.transactionHash === null)
    return []
  const { eventName, args } = decode(contract, log)
  if (eventName === undefined) return []
  return [
    {
      contract,
      name: eventName,
      args: lowerAddresses({
        ...(args as object | undefined),
        ...(isQuorum ? { evaluator: address } : {}),
      }) as AuditEvent['args'],
      block: Number(log.blockNumber),
      index: log.logIndex,
      seconds: seconds.get(log.blockNumber) as number,
      transaction: log.transactionHash,
    },
  ]
}

function decode(
  contract: AuditContract,
  { data, topics }: Log,
): { readonly eventName?: string; readonly args?: unknown } {
  try {
    return decodeEventLog({ abi: auditedAbis[contract], data, topics, strict: true }) as {
      eventName: string
      args: unknown
    }
  } catch {
    return {}
  }
}

async function readView(
  reader: LedgerReader,
  { contracts }: NetworkFile,
  { contract, name, args }: ViewCall,
  blockNumber: bigint,
): Promise<Answer<unknown>> {
  if (contract === 'quorum') return { problem: `${name} of which evaluator is not said` }
  const request = { address: contracts[contract], abi: auditedAbis[contract], functionName: name, args, blockNumber }
  try {
    return { value: lowerAddresses(await withDeadline(reader.readContract(request as never), requestDeadlineMs, name)) }
  } catch (error) {
    return {
      problem: `${contract}.${name} did not answer (${(error as { shortMessage?: string }).shortMessage ?? String(error)})`,
    }
  }
}

/** Endpoints are whatever strangers registered: http(s) only, no redirects, bounded in time and size. */
async function readDocument(url: string): Promise<Answer<string>> {
  const tooLong = new Error(`it is longer than ${maximumEvidenceLogBytes} bytes`)
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(documentTimeoutMs) })
    if (answer.ok) return { value: await boundedText(answer, maximumEvidenceLogBytes, () => tooLong) }
    await answer.body?.cancel()
    return { problem: answer.status === 404 ? 'it publishes none' : `it answered with status ${answer.status}` }
  } catch (error) {
    return { problem: error === tooLong ? tooLong.message : 'it cannot be reached' }
  }
}

async function readable<value>(
  what: string,
  read: () => Promise<value>,
  deadlineMs: number = requestDeadlineMs,
): Promise<value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withDeadline(read(), deadlineMs, what)
    } catch (cause) {
      if (attempt === attempts)
        throw new KoinonError({
          code: 'ledger/audit-unreadable',
          message: `The JSON-RPC server does not give ${what}`,
          hint: 'Ask another server: koinon audit --rpc URL.',
          retry: 'later',
          cause,
        })
      await sleep(250 * 2 ** attempt)
    }
  }
}

/** Events of two chains would differ from each other, and nobody would be to blame. */
function replaced(blockNumber: bigint): KoinonError {
  return new KoinonError({
    code: 'ledger/audit-unreadable',
    message: `Block ${blockNumber} was replaced by another one while the audit read the events before it`,
    hint: 'Run it again.',
    retry: 'later',
  })
}

/** Runs at most `most` at once, the rest in order. */
function limited(most: number): <value>(work: () => Promise<value>) => Promise<value> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}
