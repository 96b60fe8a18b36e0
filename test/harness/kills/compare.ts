/** Holds what clients know, what the gateway has on disk and what the ledger says against each other, to the last unit. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Address, type Hex, picoUsdToAtomic, picoUsdToAtomicUp } from '@koinon/base'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { readBalances } from '../../../packages/node/src/local/treasury.ts'
import { problemsOf, readBooks } from '../books.ts'
import { type Buyer, buyerDollarAtomic } from './buyer.ts'
import type { KillWorld } from './world.ts'

export type Comparison = {
  readonly calls: number
  readonly answered: number
  /** Charged, and the client never had the answer. */
  readonly lostSteps: number
  /** Given up by a client that took them for charged, and not charged. */
  readonly givenUp: number
  readonly chargedTwice: number
  readonly unknownConcluded: number
  /** Sentences about what does not agree; none when all is well. */
  readonly problems: readonly string[]
}

type Bundle = {
  readonly hops: readonly { readonly receipt: { readonly requestHash: string; readonly amountPicoUsd: string } }[]
}
type ExactRow = {
  readonly key: string
  readonly state: string
  readonly payer: Address
  readonly request_hash: string
  readonly authorization: string
}

/** Call it when the gateway has ended politely: then all that is owed is claimed. */
export async function compareBooks(world: KillWorld, buyers: readonly Buyer[]): Promise<Comparison> {
  // A voucher for the worst case of a call may exceed what its channel owes; what is claimed is held against both below.
  const problems = problemsOf(world.home.path).filter((problem) => !problem.endsWith('a voucher above what is owed'))
  const charges = chargesOf(world)
  const exact = readExact(world)
  for (const row of exact)
    if (!['settled', 'answered', 'refused'].includes(row.state))
      problems.push(`exact payment ${row.key} is ${row.state}`)
  const tally = { calls: 0, answered: 0, lostSteps: 0, givenUp: 0, unknownConcluded: 0 }
  for (const buyer of buyers) {
    problems.push(...(await buyerProblems(world, buyer, exact)))
    tally.unknownConcluded += buyer.unknown.size
    for (const [index, outcome] of buyer.outcomes) {
      const charged = charges.get(buyer.requestHash(index)) ?? 0
      tally.calls++
      if (outcome === 'answered') tally.answered++
      else if (outcome !== 'lost') problems.push(outcome)
      if (outcome === 'answered' && charged === 0) problems.push(`call ${index} was answered and not charged`)
      if (outcome !== 'answered' && charged > 0) tally.lostSteps++
      if (outcome === 'lost' && charged === 0) tally.givenUp++
    }
  }
  return { ...tally, chargedTwice: [...charges.values()].filter((count) => count > 1).length, problems }
}

/** How often each request was charged, by its hash. */
function chargesOf(world: KillWorld): ReadonlyMap<string, number> {
  const charges = new Map<string, number>()
  for (const { bundle } of readBooks(world.home.path, 'gateway').receipts) {
    const [hop] = (JSON.parse(bundle) as Bundle).hops
    if (hop === undefined || hop.receipt.amountPicoUsd === '0') continue
    charges.set(hop.receipt.requestHash, (charges.get(hop.receipt.requestHash) ?? 0) + 1)
  }
  return charges
}

async function buyerProblems(
  world: KillWorld,
  { payer, kind, outcomes }: Buyer,
  exact: readonly ExactRow[],
): Promise<readonly string[]> {
  const problems: string[] = []
  const name = `${kind} buyer ${payer.address.slice(0, 10)}`
  const { channels } = readBooks(world.home.path, 'gateway')
  let inEscrowAtomic = 0n
  for (const { channelId, owedAtomic, signedAtomic } of payer.channels()) {
    const row = channels.find(({ channel_id }) => channel_id === channelId)
    const sellerOwed = row === undefined ? 0n : picoUsdToAtomicUp(BigInt(row.owed_pico_usd))
    const isBehind = kind === 'stream' && owedAtomic <= sellerOwed && sellerOwed <= signedAtomic
    if (owedAtomic !== sellerOwed && !isBehind)
      problems.push(`${name} owes ${owedAtomic}, the gateway says ${sellerOwed}`)
    const [balance, claimed] = await escrowOf(world, channelId)
    inEscrowAtomic += balance
    if (claimed > signedAtomic) problems.push(`${name}: ${claimed} claimed of ${signedAtomic} signed`)
    const due = row === undefined ? 0n : picoUsdToAtomic(BigInt(row.owed_pico_usd))
    if (claimed < due || claimed > sellerOwed) problems.push(`${name}: ${claimed} claimed, ${sellerOwed} owed`)
  }
  const own = exact.filter((row) => row.payer === payer.address && row.state !== 'refused')
  const requests = new Set(own.map(({ request_hash }) => request_hash))
  if (requests.size !== own.length) problems.push(`${name} paid exactly ${own.length} times for ${requests.size} calls`)
  const paidCalls = [...outcomes.values()].filter((outcome) => outcome === 'answered' || outcome === 'lost').length
  if (kind === 'exact' && own.length !== paidCalls)
    problems.push(`${name} had ${paidCalls} calls and the gateway ${own.length} payments`)
  const paidAtomic = own.reduce((sum, row) => sum + valueOf(row), 0n)
  const { dollar } = await readBalances(world.reader, world.treasury.network, payer.address)
  if (dollar + paidAtomic + inEscrowAtomic !== buyerDollarAtomic)
    problems.push(
      `${name} has ${dollar}, paid ${paidAtomic}, has ${inEscrowAtomic} in channels, began with ${buyerDollarAtomic}`,
    )
  // Of a stream the client hears what it cost with its next call only.
  const openCalls = payer.openCalls().filter(({ commitment }) => kind !== 'stream' || commitment.backEnd === 'exact')
  if (openCalls.length > 0) problems.push(`${name} has ${openCalls.length} calls without an outcome`)
  return problems
}

function escrowOf(world: KillWorld, channelId: Hex): Promise<readonly [balance: bigint, claimed: bigint]> {
  return world.reader.readContract({
    address: world.treasury.network.contracts.channels,
    abi: batchSettlementAbi,
    functionName: 'channels',
    args: [channelId],
  })
}

function readExact(world: KillWorld): readonly ExactRow[] {
  const store = new DatabaseSync(join(world.home.role('gateway'), 'store.db'), { readOnly: true, timeout: 5_000 })
  try {
    return store
      .prepare('select key, state, payer, request_hash, authorization from payment_exact')
      .all() as unknown as ExactRow[]
  } finally {
    store.close()
  }
}

function valueOf({ authorization }: ExactRow): bigint {
  return BigInt((JSON.parse(authorization) as { readonly valueAtomic: string }).valueAtomic)
}
