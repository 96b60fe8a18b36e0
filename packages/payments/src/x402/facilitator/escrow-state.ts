import type { Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { parseAbiItem } from 'viem'
import { reachable } from '../../core/escrow.ts'
import { channelIdOf, type EscrowDomain } from '../../rules/channel.ts'
import type { ClaimRow } from './facilitator-wire.ts'

export type EscrowState = {
  readonly balanceAtomic: bigint
  readonly claimedAtomic: bigint
  /** Unix seconds, 0 when the payer has not begun to withdraw. */
  readonly withdrawRequestedAtSeconds: number
  readonly refundNonce: bigint
}

const claimed = parseAbiItem(
  'event Claimed(bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed)',
)
const searchedBlocks = 9_000n

/** A channel as servers of the scheme keep it. Throws `payments/ledger-unreachable`. */
export async function readEscrowState(
  reader: LedgerReader,
  domain: EscrowDomain,
  channelId: Hex,
): Promise<EscrowState> {
  const call = { address: domain.escrow, abi: batchSettlementAbi, args: [channelId] } as const
  const [[balanceAtomic, claimedAtomic], [, initiatedAt], refundNonce] = await reachable(
    Promise.all([
      reader.readContract({ ...call, functionName: 'channels' }),
      reader.readContract({ ...call, functionName: 'pendingWithdrawals' }),
      reader.readContract({ ...call, functionName: 'refundNonce' }),
    ]),
  )
  return { balanceAtomic, claimedAtomic, withdrawRequestedAtSeconds: initiatedAt, refundNonce }
}

/** The transaction that claimed exactly this row, among the newest blocks: the answer to a caller that did not hear the first one. */
export async function settledBefore(
  reader: LedgerReader,
  domain: EscrowDomain,
  row: ClaimRow,
): Promise<Hex | undefined> {
  const head = await reachable(reader.getBlockNumber({ cacheTime: 0 }))
  const logs = await reachable(
    reader.getLogs({
      address: domain.escrow,
      event: claimed,
      args: { channelId: channelIdOf(row.config, domain) },
      fromBlock: head > searchedBlocks ? head - searchedBlocks : 0n,
      toBlock: head,
    }),
  )
  return logs.find(({ args }) => args.newTotalClaimed === row.totalClaimedAtomic)?.transactionHash ?? undefined
}
