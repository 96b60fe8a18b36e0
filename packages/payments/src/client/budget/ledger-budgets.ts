/** Budgets as a ledger shows them to anybody: what was charged, what was revoked, and the terms that the batches themselves carried. */
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { BlockSpan, LedgerReader } from '@koinon/ledger'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import { reachable } from '../../core/escrow.ts'
import { type BudgetGrant, budgetGrantHash } from '../../rules/budget/grant.ts'
import type { BudgetSpent } from '../../rules/budget/spent.ts'
import { verifyGrantChain } from '../../verifier/budget/verify-grant-chain.ts'
import { grantsOfExecute } from './delegate-calls.ts'
import { type DelegateWords, readDelegateWords } from './delegate-storage.ts'

/** One grant that left a trace. */
export type LedgerGrant = {
  readonly grantHash: Hex
  readonly owner: Address
  /** What its owner and agents signed; undefined while it was only revoked, or came in a way that cannot be read. */
  readonly grant?: BudgetGrant
  /** Of the grants above it, the owner's first; as `grant`. */
  readonly above: readonly Hex[]
  readonly spent: BudgetSpent
  readonly isRevoked: boolean
  /** Batches that were charged to it itself, not to one below. */
  readonly uses: number
  /** Where it was last seen. */
  readonly blockNumber: number
  readonly transactionHash: Hex
}

export type LedgerBudgets = {
  readonly asOfBlock: number
  /** Traces before this block were not looked for. */
  readonly fromBlock: number
  /** There are more grants than are told. */
  readonly isCut: boolean
  /** Last seen first. */
  readonly grants: readonly LedgerGrant[]
}

/** Blocks that one look goes back, grants that it tells, and what it may take. */
const mostBlocks = 100_000n
const mostGrants = 50
/** With those above them. */
const mostTold = 100
/** Anybody can emit charges that name a key, and an account any of its own: past so many of each, older ones are not looked for. */
const mostTraces = 5_000
/** Blocks. */
const widestPage = 5_000n
const lookTimeoutMs = 30_000

const events = budgetDelegateAbi.filter(
  (item) => item.type === 'event' && (item.name === 'BudgetCharged' || item.name === 'BudgetRevoked'),
) as Extract<(typeof budgetDelegateAbi)[number], { type: 'event'; name: 'BudgetCharged' | 'BudgetRevoked' }>[]
const chargedEvent = events.filter(({ name }) => name === 'BudgetCharged')

type Trace = Pick<LedgerGrant, 'grantHash' | 'owner' | 'uses' | 'blockNumber' | 'transactionHash'> & {
  readonly isCharge: boolean
}

/**
 * Grants of an account, as owner or as session key. Anybody can emit events of this form: a grant counts for another account's key only
 * where its owner signed it. Throws `payments/ledger-unreachable`.
 */
export async function readLedgerBudgets(
  reader: LedgerReader,
  account: Address,
  place: { readonly chainId: number; readonly startBlock: number },
): Promise<LedgerBudgets> {
  return reachable(look(reader, account, place), lookTimeoutMs)
}

async function look(
  reader: LedgerReader,
  account: Address,
  { chainId, startBlock }: { readonly chainId: number; readonly startBlock: number },
): Promise<LedgerBudgets> {
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  const first = head > mostBlocks ? head - mostBlocks : 0n
  const fromBlock = first > BigInt(startBlock) ? first : BigInt(startBlock)
  const whole = { fromBlock, toBlock: head }
  const [charged] = chargedEvent as [(typeof chargedEvent)[number]]
  const [own, asKey] = await Promise.all([
    readTraces(whole, (span) => reader.getLogs({ address: account, events, strict: true, ...span })),
    readTraces(whole, (span) => reader.getLogs({ event: charged, args: { agent: account }, strict: true, ...span })),
  ])
  const newest = (a: Trace, b: Trace): number => b.blockNumber - a.blockNumber
  const traces = newestOfEach([...own.traces, ...asKey.traces].toSorted(newest))
  // Its own first: however many strangers write, none of them is pushed out.
  const told = [...traces.filter(({ owner }) => owner === account), ...traces.filter(({ owner }) => owner !== account)]
    .slice(0, mostGrants)
    .toSorted(newest)
  const chains = new Map<Hex, readonly BudgetGrant[]>()
  for (const trace of told) if (trace.isCharge) chains.set(trace.grantHash, await chainOf(reader, trace, chainId))
  const found = new Map<Hex, Omit<LedgerGrant, 'spent' | 'isRevoked'>>()
  let isCut = traces.length > told.length || own.isCut || asKey.isCut
  for (const { isCharge: _, ...trace } of told) {
    const chain = chains.get(trace.grantHash) ?? []
    const hashes = chain.map((grant) => budgetGrantHash(grant, chainId))
    if (trace.owner !== account && chain.length === 0) continue
    // With all that stands above it or not at all: what is left of a grant is the least of them.
    if (found.size + Math.max(chain.length, 1) > mostTold) {
      isCut = true
      continue
    }
    for (const [level, grant] of chain.entries()) {
      const grantHash = hashes[level] as Hex
      const isOwn = grantHash === trace.grantHash
      // What stands above a key's grant is told with it: it bounds what the key may spend.
      if (!isOwn && found.has(grantHash)) continue
      found.set(grantHash, { ...trace, grantHash, grant, above: hashes.slice(0, level), uses: isOwn ? trace.uses : 0 })
    }
    if (chain.length === 0) found.set(trace.grantHash, { ...trace, above: [] })
  }
  const words = new Map<Address, DelegateWords>()
  for (const owner of new Set([...found.values()].map((one) => one.owner))) {
    const hashes = [...found.values()].filter((one) => one.owner === owner).map(({ grantHash }) => grantHash)
    words.set(owner, await readDelegateWords(reader, owner, hashes))
  }
  return {
    asOfBlock: Number(head),
    fromBlock: Number(fromBlock),
    isCut,
    grants: [...found.values()].map((one) => {
      const { revocationNonce, spent, revoked } = words.get(one.owner) as DelegateWords
      const isOld = one.grant !== undefined && one.grant.revocationNonce !== revocationNonce
      const isRevoked = isOld || [one.grantHash, ...one.above].some((hash) => revoked.has(hash))
      return { ...one, isRevoked, spent: spent.get(one.grantHash) as BudgetSpent }
    }),
  }
}

type TraceLog = Parameters<typeof traceOf>[0]

/** From the head backwards, as long as they are not too many. */
async function readTraces(
  whole: BlockSpan,
  ask: (span: BlockSpan) => Promise<readonly TraceLog[]>,
): Promise<{ readonly traces: readonly Trace[]; readonly isCut: boolean }> {
  const endMs = performance.now() + lookTimeoutMs
  const traces: Trace[] = []
  let isCut = false
  let blocks = widestPage
  let next = whole.toBlock
  while (next >= whole.fromBlock && traces.length < mostTraces && performance.now() < endMs) {
    const wished = next - blocks + 1n
    const fromBlock = wished > whole.fromBlock ? wished : whole.fromBlock
    try {
      const logs = await ask({ fromBlock, toBlock: next })
      const room = mostTraces - traces.length
      isCut ||= logs.length > room
      traces.push(...logs.toReversed().slice(0, room).flatMap(traceOf))
      next = fromBlock - 1n
    } catch (error) {
      if (blocks === 1n) throw error
      blocks /= 2n
    }
  }
  return { traces, isCut: isCut || next >= whole.fromBlock }
}

function traceOf(log: {
  readonly address: Hex
  readonly eventName: string
  readonly args: unknown
  readonly blockNumber: bigint
  readonly transactionHash: Hex
}): readonly Trace[] {
  const { grant } = log.args as { readonly grant?: Hex }
  if (grant === undefined) return []
  const isCharge = log.eventName === 'BudgetCharged'
  const where = { blockNumber: Number(log.blockNumber), transactionHash: log.transactionHash }
  return [{ grantHash: grant, owner: toAddress(log.address), uses: 1, isCharge, ...where }]
}

/** One trace a grant: its newest charge where there is one, because only a charge carries terms. */
function newestOfEach(traces: readonly Trace[]): readonly Trace[] {
  const found = new Map<string, Trace>()
  for (const trace of traces) {
    const key = `${trace.owner} ${trace.grantHash}`
    const known = found.get(key)
    const uses = (known?.isCharge === true ? known.uses : 0) + (trace.isCharge ? 1 : 0)
    found.set(key, { ...(known === undefined || (trace.isCharge && !known.isCharge) ? trace : known), uses })
  }
  return [...found.values()]
}

/** The grants that a batch carried down to this one; none where they cannot be read or are not signed as they must be. */
async function chainOf(reader: LedgerReader, trace: Trace, chainId: number): Promise<readonly BudgetGrant[]> {
  const { input } = await reader.getTransaction({ hash: trace.transactionHash })
  const chain = grantsOfExecute(input)
  try {
    await verifyGrantChain(chain, chainId)
  } catch {
    return []
  }
  const grants = chain.map(({ grant }) => grant)
  const last = grants.at(-1)
  const isIt = last !== undefined && last.owner === trace.owner && budgetGrantHash(last, chainId) === trace.grantHash
  return isIt ? grants : []
}
