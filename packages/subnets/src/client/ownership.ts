/** Who may come to own a subnet: locks of alpha, what they count, contests, and the moves of one account (specs/0021-conviction.md). */
import { type Address, toAddress, zeroAddress } from '@koinon/base'
import { LogPager } from '@koinon/ledger'
import { convictionAbi, poolsAbi, subnetsAbi } from '@koinon/ledger/abis'
import { parseEventLogs, type TransactionReceipt } from 'viem'
import {
  type Comparison,
  type ConvictionTally,
  compareTallies,
  convictionRules,
  tallyAfter,
} from '../rules/conviction.ts'
import { type ArgsOf, type Changing, callContract } from './call-contract.ts'
import type { PoolAccount } from './pool-trades.ts'
import type { PoolView } from './pools.ts'

type WithConviction<view extends PoolView> = view & {
  readonly network: { readonly contracts: { readonly conviction: Address; readonly subnets: Address } }
}
export type OwnershipView = WithConviction<PoolView>
export type OwnershipAccount = WithConviction<PoolAccount>

/** One for whom alpha is locked. `counted` against an owner, `locked` in all. Atomic units of alpha. */
export type Candidate = {
  readonly candidate: Address
  readonly locked: bigint
  readonly counted: bigint
  readonly leads: boolean
}

/** How the ownership of a subnet stands. Times in Unix seconds. */
export type OwnershipState = {
  readonly owner: Address
  /** Locked for the owner: what a candidate has to exceed, and `gate` as well. */
  readonly ownerLocked: bigint
  readonly gate: bigint
  /** Without the owner, who has most first. */
  readonly candidates: readonly Candidate[]
  /** `isVoid`: anybody may end it. */
  readonly contest:
    | {
        readonly candidate: Address
        readonly fromSeconds: number
        readonly untilSeconds: number
        readonly isVoid: boolean
      }
    | undefined
  /** Before it nobody contests the ownership. */
  readonly contestableFromSeconds: number
  /**
   * From when on the ownership could pass if nobody locks or unlocks any more, and to whom: the end of the open notice, or of one
   * that is opened as soon as somebody leads. Undefined when nobody would lead within five years.
   */
  readonly couldPass: { readonly candidate: Address; readonly fromSeconds: number } | undefined
}

/** What one account has locked for a candidate; `free` may be fetched now, `endsAtSeconds` is when all that was unlocked is free. */
export type HeldLock = {
  readonly kept: bigint
  readonly leaving: bigint
  readonly free: bigint
  readonly endsAtSeconds: number | undefined
}

const outlookSeconds = 5 * 365 * 86_400
const lockedEvent = convictionAbi.find((item) => item.type === 'event' && item.name === 'Locked')

/** Reads locks of all candidates as the next block would find them. */
export async function readOwnership(view: OwnershipView, netuid: number): Promise<OwnershipState> {
  const { network, reader } = view
  const pending = { blockTag: 'pending' } as const
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi, ...pending } as const
  const conviction = { address: network.contracts.conviction, abi: convictionAbi, ...pending } as const
  const [block, found, genesis, supply, open, named] = await Promise.all([
    reader.getBlock(pending),
    reader.readContract({ ...subnets, functionName: 'ownerOf', args: [netuid] }),
    reader.readContract({ ...subnets, functionName: 'genesisOf', args: [netuid] }),
    reader.readContract({
      address: network.contracts.pools,
      abi: poolsAbi,
      functionName: 'supplyOf',
      args: [netuid],
      ...pending,
    }),
    reader.readContract({ ...conviction, functionName: 'contestOf', args: [netuid] }),
    readCandidates(view, netuid),
  ])
  const owner = toAddress(found)
  const tallies = new Map(
    await Promise.all(
      [...new Set([owner, ...named])].map(async (candidate): Promise<readonly [Address, ConvictionTally]> => {
        const [tally] = await reader.readContract({
          ...conviction,
          functionName: 'tallyOf',
          args: [netuid, candidate],
        })
        return [candidate, { kept: tally.kept, leaving: tally.leaving, atSeconds: tally.at }]
      }),
    ),
  )
  // Each is as of the second in which it was read, and the next may have begun meanwhile.
  const now = Math.max(Number(block.timestamp), ...[...tallies.values()].map(({ atSeconds }) => atSeconds))
  const ownTally = tallies.get(owner) as ConvictionTally
  const against = (tally: ConvictionTally, seconds: number): Comparison =>
    compareTallies(tallyAfter(tally, seconds), tallyAfter(ownTally, seconds), supply)
  const rivals = [...tallies].filter(([candidate]) => candidate !== owner)
  const candidates = rivals
    .map(([candidate, tally]): Candidate => {
      const { counted, leads } = against(tally, now)
      return { candidate, locked: tally.kept.locked + tally.leaving.locked, counted, leads }
    })
    .sort((a, b) => (a.counted === b.counted ? 0 : a.counted > b.counted ? -1 : 1))
  const contestableFromSeconds = Number(genesis) + convictionRules.minimumAgeSeconds
  const candidate = toAddress(open.candidate)
  const untilSeconds = open.endsAt + convictionRules.acceptSeconds
  const leadsStill = candidates.some((one) => one.candidate === candidate && one.leads)
  const contest =
    candidate === zeroAddress
      ? undefined
      : { candidate, fromSeconds: open.endsAt, untilSeconds, isVoid: now > untilSeconds || !leadsStill }
  return {
    owner,
    ownerLocked: ownTally.kept.locked + ownTally.leaving.locked,
    gate: (supply * convictionRules.gateBps) / 10_000n,
    candidates,
    contest,
    contestableFromSeconds,
    couldPass:
      contest !== undefined && !contest.isVoid
        ? { candidate, fromSeconds: contest.fromSeconds }
        : firstLead(rivals, against, Math.max(now, contestableFromSeconds)),
  }
}

/** Day by day: who leads first, and the end of the notice that could begin then. */
function firstLead(
  rivals: readonly (readonly [Address, ConvictionTally])[],
  against: (tally: ConvictionTally, seconds: number) => Comparison,
  from: number,
): OwnershipState['couldPass'] {
  for (let seconds = from; seconds < from + outlookSeconds; seconds += 86_400) {
    const leading = rivals
      .map(([candidate, tally]) => ({ candidate, ...against(tally, seconds) }))
      .filter(({ leads }) => leads)
      .sort((a, b) => (a.counted > b.counted ? -1 : 1))[0]
    if (leading !== undefined)
      return { candidate: leading.candidate, fromSeconds: seconds + convictionRules.noticeSeconds }
  }
  return undefined
}

/** Everybody for whom alpha of the subnet was ever locked, from the ledger's events. */
async function readCandidates({ network, reader }: OwnershipView, netuid: number): Promise<readonly Address[]> {
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  const found = new Set<Address>()
  const pager = new LogPager()
  for (let fromBlock = BigInt(network.startBlock); fromBlock <= head; ) {
    const { logs, toBlock } = await pager.next({ fromBlock, toBlock: head }, (span) =>
      reader.getLogs({
        address: network.contracts.conviction,
        event: lockedEvent as NonNullable<typeof lockedEvent>,
        args: { netuid },
        strict: true,
        ...span,
      }),
    )
    fromBlock = toBlock + 1n
    for (const { args } of logs) found.add(toAddress(args.candidate))
  }
  return [...found]
}

/** What an account has locked for a candidate. */
export async function readLock(
  { network, reader }: OwnershipView,
  netuid: number,
  holder: Address,
  candidate: Address,
): Promise<HeldLock> {
  const [lock, free] = await reader.readContract({
    address: network.contracts.conviction,
    abi: convictionAbi,
    functionName: 'lockOf',
    args: [netuid, holder, candidate],
    blockTag: 'pending',
  })
  return {
    kept: lock.kept.locked,
    leaving: lock.leaving.locked,
    free,
    endsAtSeconds: lock.endsAt === 0 ? undefined : lock.endsAt,
  }
}

/** Locks free alpha of the account. Throws `ledger/too-little-alpha`, and as `TransactionSender.call`. */
export async function lockAlpha(
  account: OwnershipAccount,
  netuid: number,
  candidate: Address,
  amount: bigint,
): Promise<void> {
  await call(account, 'lock', [netuid, candidate, amount])
}

/** Begins to let go of what the account keeps locked; it comes free by halves. Throws `ledger/too-little-locked`. */
export async function unlockAlpha(
  account: OwnershipAccount,
  netuid: number,
  candidate: Address,
  amount: bigint,
): Promise<void> {
  await call(account, 'unlock', [netuid, candidate, amount])
}

/** Fetches what no longer binds, as free alpha. Throws `ledger/nothing-free`. */
export async function withdrawLocked(account: OwnershipAccount, netuid: number, candidate: Address): Promise<bigint> {
  const receipt = await call(account, 'withdraw', [netuid, candidate])
  const paid = parseEventLogs({ abi: convictionAbi, eventName: 'Withdrawn', logs: receipt.logs })
  return paid.reduce((sum, { args }) => sum + args.amount, 0n)
}

/** Begins the notice for a candidate that leads. Throws `ledger/no-lead`, `ledger/contest-stands`, `ledger/subnet-too-young`. */
export async function contestOwnership(account: OwnershipAccount, netuid: number, candidate: Address): Promise<void> {
  await call(account, 'contest', [netuid, candidate])
}

/** Ends a contest whose candidate lost the lead or let its time pass. Throws `ledger/contest-stands`, `ledger/no-contest`. */
export async function endContest(account: OwnershipAccount, netuid: number): Promise<void> {
  await call(account, 'endContest', [netuid])
}

/** Makes the account the owner, as the candidate whose notice is over. Throws `ledger/no-contest`, `ledger/notice-not-over`, `ledger/no-lead`. */
export async function takeOverSubnet(account: OwnershipAccount, netuid: number): Promise<void> {
  await call(account, 'takeOver', [netuid])
}

function call<name extends Changing<typeof convictionAbi>>(
  account: OwnershipAccount,
  functionName: name,
  args: ArgsOf<typeof convictionAbi, name>,
): Promise<TransactionReceipt> {
  const to = { address: account.network.contracts.conviction, abi: convictionAbi } as const
  return callContract(account, { ...to, functionName, args })
}
