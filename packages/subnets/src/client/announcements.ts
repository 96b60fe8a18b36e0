/** What the owner of a subnet may announce: texts, rules of seats, hotkeys of its own (specs/0010-seats-stake-emission.md section 1). */
import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import type { SeatRules } from '@koinon/ledger'
import { subnetsAbi, subnetTermsAbi } from '@koinon/ledger/abis'
import { parseEventLogs, type TransactionReceipt } from 'viem'
import { updateDelayEpochs } from '../rules/epoch-clock.ts'
import { callContract } from './call-contract.ts'
import type { PoolAccount } from './pool-trades.ts'
import type { PoolView } from './pools.ts'

type WithSubnets<view extends PoolView> = view & {
  readonly network: { readonly contracts: { readonly subnets: Address; readonly terms: Address } }
}
export type OwnerView = WithSubnets<PoolView>
export type OwnerAccount = WithSubnets<PoolAccount>

export type SubnetTexts = { readonly specHash: Hex; readonly metadataURI: string }

/** From when on something holds: the first second of an epoch (Unix). */
export type InForce = { readonly fromEpoch: number; readonly fromSeconds: number }

export type OwnerHotkey = { readonly hotkey: Address; readonly isProtected: boolean } & InForce

/** Hotkeys that an owner may name, of so many seats at most. */
export function mostOwnerHotkeys(maxNeurons: number): number {
  return Math.min(10, Math.floor(maxNeurons / 8))
}

/** From when on what is announced now would hold, as the next block would find it. */
export async function readNextForce(view: OwnerView, netuid: number): Promise<InForce> {
  return forceOf(view, netuid, (await readEpoch(view, netuid)) + BigInt(updateDelayEpochs))
}

/** Texts that hold from an epoch on, as announced so far. */
export async function readTextsAt(view: OwnerView, netuid: number, epoch: number): Promise<SubnetTexts & InForce> {
  const { specHash, metadataURI, fromEpoch } = await view.reader.readContract({
    address: view.network.contracts.terms,
    abi: subnetTermsAbi,
    functionName: 'versionAt',
    args: [netuid, BigInt(epoch)],
    blockTag: 'pending',
  })
  return { specHash, metadataURI, ...(await forceOf(view, netuid, fromEpoch)) }
}

/** Announces texts as the owner, in place of others that do not hold yet. Throws `ledger/not-owner`, and `ledger/out-of-bounds`. */
export async function announceTexts(
  account: OwnerAccount,
  netuid: number,
  { specHash, metadataURI }: SubnetTexts,
): Promise<InForce> {
  const receipt = await callContract(account, {
    ...termsOf(account),
    functionName: 'announceUpdate',
    args: [netuid, metadataURI, specHash],
  })
  const [event] = parseEventLogs({ abi: subnetTermsAbi, eventName: 'SubnetUpdateAnnounced', logs: receipt.logs })
  return announced(account, netuid, receipt, event?.args.fromEpoch)
}

/** Announces rules of seats as the owner. Throws `ledger/not-owner`, `ledger/change-pending` while others wait, and `ledger/out-of-bounds`. */
export async function announceRules(account: OwnerAccount, netuid: number, rules: SeatRules): Promise<InForce> {
  const call = { ...termsOf(account), functionName: 'announceRules', args: [netuid, rules] } as const
  const receipt = await callContract(account, call)
  const [event] = parseEventLogs({ abi: subnetTermsAbi, eventName: 'RulesAnnounced', logs: receipt.logs })
  return announced(account, netuid, receipt, event?.args.fromEpoch)
}

/** The hotkeys that the owner named, in the order of the ledger. */
export async function readOwnerHotkeys(view: OwnerView, netuid: number): Promise<readonly OwnerHotkey[]> {
  const [epoch, [hotkeys, fromEpochs]] = await Promise.all([
    readEpoch(view, netuid),
    view.reader.readContract({
      ...subnetsOf(view),
      functionName: 'ownerHotkeysOf',
      args: [netuid],
      blockTag: 'pending',
    }),
  ])
  return Promise.all(
    hotkeys.map(async (hotkey, index) => {
      const fromEpoch = fromEpochs[index] as bigint
      return {
        hotkey: toAddress(hotkey),
        isProtected: fromEpoch <= epoch,
        ...(await forceOf(view, netuid, fromEpoch)),
      }
    }),
  )
}

/** Names a hotkey that cannot be challenged, two epochs later. Throws `ledger/not-owner`, `ledger/owner-hotkeys-full`. */
export async function nameOwnerHotkey(account: OwnerAccount, netuid: number, hotkey: Address): Promise<InForce> {
  const call = { ...subnetsOf(account), functionName: 'nameOwnerHotkey', args: [netuid, hotkey] } as const
  const receipt = await callContract(account, call)
  const [event] = parseEventLogs({ abi: subnetsAbi, eventName: 'OwnerHotkeyNamed', logs: receipt.logs })
  return announced(account, netuid, receipt, event?.args.fromEpoch)
}

/** Ends the protection of a hotkey at once. Throws `ledger/not-owner`, `ledger/no-owner-hotkey`. */
export async function dropOwnerHotkey(account: OwnerAccount, netuid: number, hotkey: Address): Promise<void> {
  await callContract(account, { ...subnetsOf(account), functionName: 'dropOwnerHotkey', args: [netuid, hotkey] })
}

async function readEpoch(view: OwnerView, netuid: number): Promise<bigint> {
  const { timestamp } = await view.reader.getBlock({ blockTag: 'pending' })
  const args = [netuid, timestamp] as const
  return view.reader.readContract({ ...subnetsOf(view), functionName: 'epochAt', args, blockTag: 'pending' })
}

async function forceOf(view: OwnerView, netuid: number, fromEpoch: bigint): Promise<InForce> {
  const args = [netuid, fromEpoch] as const
  const window = await view.reader.readContract({ ...subnetsOf(view), functionName: 'epochWindow', args })
  return { fromEpoch: Number(fromEpoch), fromSeconds: Number(window.startsAt) }
}

function announced(
  view: OwnerView,
  netuid: number,
  { transactionHash }: TransactionReceipt,
  fromEpoch: bigint | undefined,
): Promise<InForce> {
  if (fromEpoch !== undefined) return forceOf(view, netuid, fromEpoch)
  throw new KoinonError({
    code: 'ledger/no-announcement',
    message: `Transaction ${transactionHash} was mined, but tells of no announcement`,
    hint: `See what is announced: koinon subnet show ${netuid}`,
    retry: 'unknown',
  })
}

function termsOf({ network }: OwnerView) {
  return { address: network.contracts.terms, abi: subnetTermsAbi } as const
}

function subnetsOf({ network }: OwnerView) {
  return { address: network.contracts.subnets, abi: subnetsAbi } as const
}
