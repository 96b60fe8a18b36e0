/** What a seat costs now, and the fight for seats of a full subnet (specs/0010-seats-stake-emission.md section 2). Amounts in 1e-18 KOIN. */
import { type Address, toAddress } from '@koinon/base'
import type { LedgerView } from './clients.ts'
import { subnetTermsAbi } from './generated/subnet-terms.ts'
import { subnetsAbi } from './generated/subnets.ts'
import type { NetworkFile } from './network-file.ts'
import { revertNameOf } from './revert-name.ts'
import type { TransactionSender } from './sender.ts'

/** Rules of a subnet's seats that its owner may change with notice. */
export type SeatRules = {
  readonly minBurn: bigint
  readonly maxBurn: bigint
  readonly burnHalfLifeSeconds: number
  readonly immunitySeconds: number
  readonly noticeSeconds: number
  readonly maxRegistrationsPerEpoch: number
}

/** Least and most of each rule, as `SubnetTerms` holds them; `maxBurn` is at least `minBurn`. */
export const seatRuleBounds: { readonly [rule in keyof SeatRules]: readonly [SeatRules[rule], SeatRules[rule]] } = {
  minBurn: [5n * 10n ** 14n, 10n ** 21n],
  maxBurn: [5n * 10n ** 14n, 10n ** 21n],
  burnHalfLifeSeconds: [60, 7 * 86_400],
  immunitySeconds: [0, 30 * 86_400],
  noticeSeconds: [60, 7 * 86_400],
  maxRegistrationsPerEpoch: [1, 256],
}

/** What the next seat costs in this second, and whether one is free. */
export type SeatQuote = { readonly price: bigint; readonly isFull: boolean }

/** A newcomer's claim to a seat: who holds it may match `deposit` before `endsAtSeconds` (Unix). */
export type SeatChallenge = {
  readonly uid: number
  readonly newcomer: Address
  readonly deposit: bigint
  readonly endsAtSeconds: number
}

/** The most that is paid when nobody says otherwise: 5 % above the quote, for those who come first. */
export function withMargin(price: bigint): bigint {
  return (price * 105n) / 100n
}

/** Price and fullness as the next block would find them. */
export async function quoteSeat({ network, reader }: LedgerView, netuid: number): Promise<SeatQuote> {
  const [price, subnet] = await Promise.all([
    reader.readContract({
      address: network.contracts.terms,
      abi: subnetTermsAbi,
      functionName: 'burnPriceOf',
      args: [netuid],
      blockTag: 'pending',
    }),
    reader.readContract({
      address: network.contracts.subnets,
      abi: subnetsAbi,
      functionName: 'subnet',
      args: [netuid],
      blockTag: 'pending',
    }),
  ])
  return { price, isFull: subnet.neuronCount >= subnet.maxNeurons }
}

/** The rules in force. */
export function readSeatRules({ network, reader }: LedgerView, netuid: number): Promise<SeatRules> {
  return reader.readContract({
    address: network.contracts.terms,
    abi: subnetTermsAbi,
    functionName: 'rulesOf',
    args: [netuid],
    blockTag: 'pending',
  })
}

/** Open challenges of a subnet, by uid. */
export async function readChallenges(
  { network, reader }: LedgerView,
  netuid: number,
): Promise<readonly SeatChallenge[]> {
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  const neurons = await reader.readContract({ ...subnets, functionName: 'neurons', args: [netuid] })
  const challenged = neurons.filter(({ isChallenged }) => isChallenged)
  return Promise.all(
    challenged.map(async ({ uid }) => {
      const open = await reader.readContract({ ...subnets, functionName: 'challengeOf', args: [netuid, uid] })
      return {
        uid,
        newcomer: toAddress(open.hotkey),
        deposit: open.deposit,
        endsAtSeconds: Number(open.endsAt),
      }
    }),
  )
}

/** The seat that may be challenged now; undefined when none may. */
export async function findChallengeable({ network, reader }: LedgerView, netuid: number): Promise<number | undefined> {
  try {
    return await reader.readContract({
      address: network.contracts.subnets,
      abi: subnetsAbi,
      functionName: 'challengeable',
      args: [netuid],
      blockTag: 'pending',
    })
  } catch (cause) {
    if (revertNameOf(cause) === 'NoSeatToChallenge') return undefined
    throw cause
  }
}

/** KOIN atomic units that keeping a seat burns of its holder; the rest of the price is a tenth of the newcomer's deposit (specs/0010). */
export function costOfMatch({ deposit }: Pick<SeatChallenge, 'deposit'>): bigint {
  return deposit - deposit / 10n
}

/** Keeps a challenged seat for {@link costOfMatch}; the caller has approved that much. Throws as `TransactionSender.call`. */
export async function matchChallenge(
  { network, sender }: { readonly network: NetworkFile; readonly sender: TransactionSender },
  netuid: number,
  { uid, deposit }: SeatChallenge,
): Promise<void> {
  await sender.call({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'matchChallenge',
    args: [netuid, uid, deposit],
  })
}

/** Ends a challenge whose notice is over, for whoever it concerns. Throws as `TransactionSender.call`. */
export async function finaliseChallenge(
  { network, sender }: { readonly network: NetworkFile; readonly sender: TransactionSender },
  netuid: number,
  uid: number,
): Promise<void> {
  await sender.call({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'finaliseChallenge',
    args: [netuid, uid],
  })
}
