/** What hotkeys and accounts choose: takes, child keys, where gifts of stake go (specs/0014-pools.md section 6). */
import { type Address, toAddress } from '@koinon/base'
import { alphaStakingAbi, delegationAbi } from '@koinon/ledger/abis'
import { type ArgsOf, type Changing, callContract } from './call-contract.ts'
import type { PoolAccount } from './pool-trades.ts'
import type { PoolView } from './pools.ts'

type WithDelegation<view extends PoolView> = view & {
  readonly network: { readonly contracts: { readonly delegation: Address; readonly staking: Address } }
}
export type DelegationView = WithDelegation<PoolView>
export type DelegationAccount = WithDelegation<PoolAccount>

/** Of stakers' dividends, or of those of the weight that parents give. */
export type TakeKind = 'take' | 'childTake'

/** In 1/10,000. `pending` is a raise that waits for its second `fromSeconds`. */
export type Take = {
  readonly bps: number
  readonly pending: { readonly bps: number; readonly fromSeconds: number } | undefined
}

/** A part of a parent's own alpha weight in a subnet, in 1e-18. */
export type ChildShare = { readonly child: Address; readonly proportion: bigint }

export type ChildKeys = {
  readonly inForce: readonly ChildShare[]
  /** May be put into force from `appliesAtSeconds` on; `unwilling` children did not accept this parent yet. */
  readonly announced:
    | {
        readonly appliesAtSeconds: number
        readonly children: readonly ChildShare[]
        readonly unwilling: readonly Address[]
      }
    | undefined
  readonly parents: readonly { readonly parent: Address; readonly proportion: bigint }[]
  readonly nowSeconds: number
}

/** Both takes of a hotkey as the next block would find them. */
export async function readTakes(view: DelegationView, hotkey: Address): Promise<Readonly<Record<TakeKind, Take>>> {
  const [[takeBps, childTakeBps], pending] = await Promise.all([
    view.reader.readContract({ ...delegationOf(view), functionName: 'takesOf', args: [hotkey] }),
    readPendingTakes(view, hotkey),
  ])
  return {
    take: { bps: Number(takeBps), pending: pending.take },
    childTake: { bps: Number(childTakeBps), pending: pending.childTake },
  }
}

/** Raises that wait. */
async function readPendingTakes(
  view: DelegationView,
  hotkey: Address,
): Promise<Readonly<Record<TakeKind, Take['pending']>>> {
  const [takeBps, takeFrom, childTakeBps, childTakeFrom] = await view.reader.readContract({
    ...delegationOf(view),
    functionName: 'pendingTakesOf',
    args: [hotkey],
  })
  const waiting = (bps: bigint, from: number) => (from === 0 ? undefined : { bps: Number(bps), fromSeconds: from })
  return { take: waiting(takeBps, takeFrom), childTake: waiting(childTakeBps, childTakeFrom) }
}

/** Sets a take of the account, which is the hotkey. Throws `ledger/take-out-of-range`, `ledger/take-raised-too-soon`. */
export async function setTake(account: DelegationAccount, kind: TakeKind, bps: number): Promise<void> {
  await callDelegation(account, kind === 'take' ? 'setTake' : 'setChildTake', [BigInt(bps)])
}

/** Children and parents of a hotkey in a subnet. */
export async function readChildKeys(view: DelegationView, netuid: number, hotkey: Address): Promise<ChildKeys> {
  const staking = { address: view.network.contracts.staking, abi: alphaStakingAbi, blockTag: 'pending' } as const
  const delegation = delegationOf(view)
  const proportionOf = async (parent: Address, child: Address): Promise<bigint> => {
    const edge = await view.reader.readContract({ ...staking, functionName: 'edgeOf', args: [netuid, parent, child] })
    return edge.proportion
  }
  const [block, children, parents, announced] = await Promise.all([
    view.reader.getBlock({ blockTag: 'pending' }),
    view.reader.readContract({ ...staking, functionName: 'childrenOf', args: [netuid, hotkey] }),
    view.reader.readContract({ ...staking, functionName: 'parentsOf', args: [netuid, hotkey] }),
    view.reader.readContract({ ...delegation, functionName: 'announcementOf', args: [netuid, hotkey] }),
  ])
  const next = announced.children.map(
    (child, place): ChildShare => ({ child: toAddress(child), proportion: announced.proportions[place] ?? 0n }),
  )
  const willing = await Promise.all(
    next.map(({ child }) =>
      view.reader.readContract({ ...delegation, functionName: 'takesParent', args: [netuid, child, hotkey] }),
    ),
  )
  const given = await Promise.all(
    parents.map(async (parent) => ({ parent: toAddress(parent), proportion: await proportionOf(parent, hotkey) })),
  )
  return {
    inForce: await Promise.all(
      children.map(async (child) => ({ child: toAddress(child), proportion: await proportionOf(hotkey, child) })),
    ),
    announced:
      announced.appliesAt === 0
        ? undefined
        : {
            appliesAtSeconds: announced.appliesAt,
            children: next,
            unwilling: next.flatMap(({ child }, place) => (willing[place] === true ? [] : [child])),
          },
    // One that ended stays within reach of slashes for a while.
    parents: given.filter(({ proportion }) => proportion > 0n),
    nowSeconds: Number(block.timestamp),
  }
}

/** Announces the account's children in a subnet, none for an empty list; in force once applied, a day later at the earliest. */
export async function announceChildren(
  account: DelegationAccount,
  netuid: number,
  children: readonly ChildShare[],
): Promise<void> {
  const [hotkeys, proportions] = [children.map(({ child }) => child), children.map(({ proportion }) => proportion)]
  await callDelegation(account, 'announceChildren', [netuid, hotkeys, proportions])
}

/** Puts announced children of any parent into force. Throws `ledger/children-too-early`, `ledger/nothing-announced`, `ledger/child-not-willing`. */
export async function applyChildren(account: DelegationAccount, netuid: number, parent: Address): Promise<void> {
  const to = { address: account.network.contracts.staking, abi: alphaStakingAbi } as const
  await callContract(account, { ...to, functionName: 'applyChildren', args: [netuid, parent] })
}

/** Says whether the account, as a child, takes a parent's weight. */
export async function answerParent(
  account: DelegationAccount,
  netuid: number,
  parent: Address,
  answer: 'accept' | 'refuse',
): Promise<void> {
  await callDelegation(account, 'setTakesParent', [netuid, parent, answer === 'accept'])
}

/** Where stake that is given to an account in a subnet goes: what it mines above all. Itself unless it said otherwise. */
export async function readAutoStake(view: DelegationView, netuid: number, account: Address): Promise<Address> {
  const read = { ...delegationOf(view), functionName: 'autoStakeOf', args: [netuid, account] } as const
  return toAddress(await view.reader.readContract(read))
}

/** From now on gifts of stake to the account go on `hotkey`. */
export async function setAutoStake(account: DelegationAccount, netuid: number, hotkey: Address): Promise<void> {
  await callDelegation(account, 'setAutoStake', [netuid, hotkey])
}

function delegationOf({ network }: DelegationView) {
  return { address: network.contracts.delegation, abi: delegationAbi, blockTag: 'pending' } as const
}

async function callDelegation<name extends Changing<typeof delegationAbi>>(
  account: DelegationAccount,
  functionName: name,
  args: ArgsOf<typeof delegationAbi, name>,
): Promise<void> {
  const to = { address: account.network.contracts.delegation, abi: delegationAbi } as const
  await callContract(account, { ...to, functionName, args })
}
