/** All that an account has in pools and stake: free alpha, positions on hotkeys, what is leaving, root dividends. Atomic units. */
import { type Address, KoinonError, toAddress } from '@koinon/base'
import { type LedgerReader, LogPager, SettledMark } from '@koinon/ledger'
import { alphaStakingAbi, poolsAbi } from '@koinon/ledger/abis'
import { rootNetuid } from './alpha-stake.ts'
import { netuidsOf, type PoolNetwork, type PoolView } from './pools.ts'

/** Stake on a hotkey: KOIN in subnet 0, alpha elsewhere. Where it `isBound` it backs a validator: unstaking takes its time. */
export type StakePosition = {
  readonly netuid: number
  readonly hotkey: Address
  readonly shares: bigint
  readonly amount: bigint
  readonly isBound: boolean
}

/** What was unstaked and waits; its amount can still be slashed. Oldest first. */
export type LeavingStake = {
  readonly netuid: number
  readonly hotkey: Address
  readonly amount: bigint
  readonly freeAtSeconds: number
}

export type AlphaHoldings = {
  readonly free: readonly { readonly netuid: number; readonly amount: bigint }[]
  readonly staked: readonly StakePosition[]
  readonly leaving: readonly LeavingStake[]
  readonly rootDividends: readonly { readonly netuid: number; readonly hotkey: Address; readonly amount: bigint }[]
}

type StakedPlace = { readonly netuid: number; readonly hotkey: Address }

/** About a minute of blocks on the usual second layers: read again, because they may have been replaced. */
const unsettledBlocks = { embedded: 0n, external: 32n } as const
const claimSteps = 10_000n
const stakedEvent = alphaStakingAbi.find((item) => item.type === 'event' && item.name === 'Staked')

/** Reads what one account holds. Keep one a process: where the account staked is found in the ledger's events, each block once. */
export class HoldingsReader {
  readonly #network: PoolNetwork
  readonly #reader: LedgerReader
  readonly #account: Address
  readonly #places = new Map<string, StakedPlace>()
  readonly #pager = new LogPager()
  readonly #mark: SettledMark
  #nextBlock: bigint
  #turn: Promise<unknown> = Promise.resolve()

  constructor({ network, reader }: PoolView, account: Address) {
    this.#network = network
    this.#reader = reader
    this.#account = account
    this.#mark = new SettledMark(reader)
    this.#nextBlock = BigInt(network.startBlock)
  }

  /** As the next block would find it. */
  async read(): Promise<AlphaHoldings> {
    const ledger = { network: this.#network, reader: this.#reader }
    const account = this.#account
    const turn = this.#turn.then(() => this.#findPlaces())
    this.#turn = turn.catch(() => undefined)
    const [netuids] = await Promise.all([netuidsOf(ledger), turn])
    const places = [...this.#places.values()].sort((a, b) => a.netuid - b.netuid || (a.hotkey < b.hotkey ? -1 : 1))
    const rooted = places.filter(({ netuid }) => netuid === rootNetuid)
    const [free, staked, leaving, rootDividends] = await Promise.all([
      Promise.all(netuids.map(async (netuid) => ({ netuid, amount: await readFreeAlpha(ledger, netuid, account) }))),
      Promise.all(places.map((place) => readPosition(ledger, place, account))),
      readLeaving(ledger, account),
      Promise.all(
        rooted.flatMap(({ hotkey }) => netuids.map((netuid) => readRootDividends(ledger, { netuid, hotkey }, account))),
      ),
    ])
    const isSome = ({ amount }: { readonly amount: bigint }): boolean => amount > 0n
    return {
      free: free.filter(isSome),
      staked: staked.filter(({ shares }) => shares > 0n),
      leaving,
      rootDividends: rootDividends.filter(isSome),
    }
  }

  async #findPlaces(): Promise<void> {
    const head = await this.#reader.getBlockNumber({ cacheTime: 0 })
    const settled = head - unsettledBlocks[this.#network.chainKind]
    if (this.#network.chainKind !== 'embedded') {
      // A place that is no more holds nothing; one that was never seen would be missing.
      if (!(await this.#mark.holds())) this.#nextBlock = BigInt(this.#network.startBlock)
      if (settled >= this.#nextBlock) await this.#mark.set(settled)
    }
    for (let fromBlock = this.#nextBlock; fromBlock <= head; ) {
      const { logs, toBlock } = await this.#pager.next({ fromBlock, toBlock: head }, (span) =>
        this.#reader.getLogs({
          address: this.#network.contracts.staking,
          event: stakedEvent as NonNullable<typeof stakedEvent>,
          args: { staker: this.#account },
          strict: true,
          ...span,
        }),
      )
      fromBlock = toBlock + 1n
      for (const { args } of logs) {
        const place = { netuid: Number(args.netuid), hotkey: toAddress(args.hotkey) }
        this.#places.set(`${place.netuid}/${place.hotkey}`, place)
      }
      if (settled >= this.#nextBlock) this.#nextBlock = (toBlock < settled ? toBlock : settled) + 1n
    }
  }
}

/** Root dividends of one subnet that an account may claim for its KOIN on a hotkey. */
export async function readRootDividends(
  { network, reader }: PoolView,
  { netuid, hotkey }: StakedPlace,
  account: Address,
): Promise<AlphaHoldings['rootDividends'][number]> {
  const args = [netuid, hotkey, account, claimSteps] as const
  const amount = await reader.readContract({ ...stakingOf(network), functionName: 'claimableRoot', args })
  return { netuid, hotkey, amount }
}

/** Free alpha of an account in one subnet. */
export function readFreeAlpha({ network, reader }: PoolView, netuid: number, account: Address): Promise<bigint> {
  const { pools: address } = network.contracts
  const args = [account, BigInt(netuid)] as const
  return reader.readContract({ address, abi: poolsAbi, functionName: 'balanceOf', args, blockTag: 'pending' })
}

/** What an account has on one hotkey, nothing included. */
export async function readPosition(
  { network, reader }: PoolView,
  { netuid, hotkey }: StakedPlace,
  account: Address,
): Promise<StakePosition> {
  const staking = stakingOf(network)
  const [[shares, amount], isBound] = await Promise.all([
    reader.readContract({ ...staking, functionName: 'positionOf', args: [netuid, hotkey, account] }),
    reader.readContract({ ...staking, functionName: 'isSlashable', args: [netuid, hotkey] }),
  ])
  return { netuid, hotkey, shares, amount, isBound }
}

/** What an account has unstaked and not yet withdrawn, oldest first. */
export async function readLeaving({ network, reader }: PoolView, account: Address): Promise<readonly LeavingStake[]> {
  const staking = stakingOf(network)
  const [next, count] = await reader.readContract({ ...staking, functionName: 'ticketRange', args: [account] })
  const ids = Array.from({ length: Number(count - next) }, (_, index) => next + BigInt(index))
  return Promise.all(
    ids.map(async (id) => {
      const args = [account, id] as const
      const [ticket, amount] = await reader.readContract({ ...staking, functionName: 'ticketOf', args })
      const { netuid, hotkey, releaseAt } = ticket
      return { netuid: Number(netuid), hotkey: toAddress(hotkey), amount, freeAtSeconds: Number(releaseAt) }
    }),
  )
}

/** What is staked on one hotkey. Throws `ledger/no-stake` where there is nothing. */
export function positionOn(holdings: AlphaHoldings, netuid: number, hotkey: Address): StakePosition {
  const found = holdings.staked.find((one) => one.netuid === netuid && one.hotkey === hotkey)
  if (found !== undefined) return found
  throw noStake(`Nothing of yours is staked on ${hotkey} in ${placeName(netuid)}`)
}

/** Shares of a position that are worth `amount` now; all of them for all of it. Throws `ledger/no-stake` for more than there is. */
export function sharesWorth({ shares, amount: all, netuid, hotkey }: StakePosition, amount: bigint): bigint {
  if (amount === all) return shares
  if (amount < all) return (shares * amount) / all
  throw noStake(`Less than that is staked on ${hotkey} in ${placeName(netuid)}`)
}

function placeName(netuid: number): string {
  return netuid === rootNetuid ? 'the root' : `subnet ${netuid}`
}

function noStake(message: string): KoinonError {
  return new KoinonError({
    code: 'ledger/no-stake',
    message,
    hint: 'See what you hold: koinon subnet holdings',
    details: { status: 404 },
  })
}

function stakingOf({ contracts }: PoolNetwork) {
  return { address: contracts.staking, abi: alphaStakingAbi, blockTag: 'pending' } as const
}
