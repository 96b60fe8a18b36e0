import { type Hex, KoinonError, withDeadline } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import type { ChannelStatus } from '../rules/admission.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain } from '../rules/channel.ts'
import type { ChannelFacts } from './channel-state.ts'

const channelsPerRead = 250
const readTimeoutMs = 15_000

/**
 * What the escrow says of these channels now: deposits less refunds, total claimed, and whether the payer has begun to withdraw. One
 * multicall a 250 channels. Throws `payments/ledger-unreachable` (retry later).
 */
export async function readChannelFacts(
  reader: LedgerReader,
  domain: EscrowDomain,
  channelIds: readonly Hex[],
): Promise<ReadonlyMap<Hex, ChannelFacts>> {
  const facts = new Map<Hex, ChannelFacts>()
  const deployless = reader.chain.contracts?.multicall3 === undefined
  for (let from = 0; from < channelIds.length; from += channelsPerRead) {
    const part = channelIds.slice(from, from + channelsPerRead)
    const read = Promise.all([
      reader.multicall({
        allowFailure: false,
        deployless,
        contracts: part.map((id) => call(domain, 'channels', id)),
      }),
      reader.multicall({
        allowFailure: false,
        deployless,
        contracts: part.map((id) => call(domain, 'pendingWithdrawals', id)),
      }),
    ])
    const [channels, withdrawals] = await reachable(read)
    part.forEach((id, index) => {
      const [balance, totalClaimed] = channels[index] as readonly [bigint, bigint]
      const [, initiatedAt] = withdrawals[index] as readonly [bigint, number]
      facts.set(id, { depositAtomic: balance, claimedAtomic: totalClaimed, status: statusOf(balance, initiatedAt) })
    })
  }
  return facts
}

/** What the payer has asked back of a channel, atomic units, and from when it can be fetched. */
export type PendingWithdrawal = { readonly amountAtomic: bigint; readonly availableAtMs: number }

/** Amount 0 where nothing was asked back. Throws `payments/ledger-unreachable`. */
export async function readPendingWithdrawal(
  reader: LedgerReader,
  domain: EscrowDomain,
  config: ChannelConfig,
): Promise<PendingWithdrawal> {
  const read = reader.readContract(call(domain, 'pendingWithdrawals', channelIdOf(config, domain)))
  const [amountAtomic, initiatedAt] = (await reachable(read)) as readonly [bigint, number]
  return { amountAtomic, availableAtMs: (initiatedAt + config.withdrawDelay) * 1000 }
}

/** Claimed but not yet sent to the receiver's account, atomic units. Throws `payments/ledger-unreachable`. */
export async function readUnsettled(
  reader: LedgerReader,
  domain: EscrowDomain,
  receiver: Hex,
  token: Hex,
): Promise<bigint> {
  const [claimed, settled] = await reachable(
    reader.readContract({
      address: domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'receivers',
      args: [receiver, token],
    }),
  )
  return claimed - settled
}

/** Waits at most 15 s, unless said otherwise, for a read of the ledger; what fails becomes `payments/ledger-unreachable`. */
export async function reachable<value>(read: Promise<value>, timeoutMs: number = readTimeoutMs): Promise<value> {
  try {
    return await withDeadline(read, timeoutMs, 'Reading the ledger')
  } catch (cause) {
    throw new KoinonError({
      code: 'payments/ledger-unreachable',
      message: `The ledger could not be read: ${firstLine(cause)}`,
      retry: 'later',
      cause,
    })
  }
}

function statusOf(balance: bigint, initiatedAt: number): ChannelStatus {
  if (initiatedAt !== 0) return 'withdrawing'
  return balance === 0n ? 'closed' : 'open'
}

function call<const name extends 'channels' | 'pendingWithdrawals'>(domain: EscrowDomain, functionName: name, id: Hex) {
  return { address: domain.escrow, abi: batchSettlementAbi, functionName, args: [id] } as const
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] as string
}
