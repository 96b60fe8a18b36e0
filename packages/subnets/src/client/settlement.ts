/** What no reorganisation takes back any more, on chains whose blocks may be replaced (specs/0015-disputes.md section 9). */
import type { Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { epochsAbi, poolEmissionAbi } from '@koinon/ledger/abis'
import type { SubnetNetwork } from './subnet-network.ts'

/** Blocks that are deeper count as settled, whatever the server says of finality: about a minute on the usual second layers. */
export const unsettledBlocks = 32

/** The ledger as of the last settled block. */
export type Settlement = {
  /** That block's time, Unix seconds. */
  readonly atSeconds: number
  /** Until when emission is final there. */
  readonly finalUntilSeconds: number
  /** From when on a result is active as it stands there; undefined where it does not stand. */
  activatesAtSeconds(resultHash: Hex): Promise<number | undefined>
}

/** The later of the block so deep and the one that the server calls final, where it knows the word. */
export async function readSettlement(
  reader: LedgerReader,
  { contracts }: Pick<SubnetNetwork, 'contracts'>,
): Promise<Settlement> {
  const [head, finalized] = await Promise.all([
    reader.getBlockNumber({ cacheTime: 0 }),
    reader.getBlock({ blockTag: 'finalized' }).catch(() => undefined),
  ])
  const deep = head < unsettledBlocks ? 0n : head - BigInt(unsettledBlocks)
  const block =
    finalized !== undefined && finalized.number > deep ? finalized : await reader.getBlock({ blockNumber: deep })
  const at = { blockNumber: block.number } as const
  return {
    atSeconds: Number(block.timestamp),
    finalUntilSeconds: await reader
      .readContract({ address: contracts.emission, abi: poolEmissionAbi, functionName: 'finalUntil', ...at })
      .then(Number),
    async activatesAtSeconds(resultHash) {
      const on = { address: contracts.epochs, abi: epochsAbi, functionName: 'resultOf' } as const
      const { activatesAt } = await reader.readContract({ ...on, args: [resultHash], ...at })
      return activatesAt === 0 ? undefined : activatesAt
    },
  }
}
