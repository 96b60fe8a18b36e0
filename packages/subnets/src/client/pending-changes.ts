/** What the owner of a subnet announced and does not hold yet, besides the rules of seats (specs/0010 section 1, 0020 section 2). */
import type { Address, Hex } from '@koinon/base'
import { subnetsAbi, subnetTermsAbi } from '@koinon/ledger/abis'
import type { AlphaParts } from '../rules/emission/coinbase.ts'
import { partsDelaySeconds } from '../rules/emission/constants.ts'
import { updateDelayEpochs } from '../rules/epoch-clock.ts'
import { areSameParts, type EmissionView, readParts, readPartsAt } from './emission-parts.ts'
import type { PoolView } from './pools.ts'

/** Each from its second on (Unix). */
export type PendingChanges = {
  readonly texts: { readonly fromSeconds: number; readonly specHash: Hex; readonly metadataURI: string } | undefined
  readonly parts: ({ readonly fromSeconds: number } & AlphaParts) | undefined
}

export type PendingView = PoolView & {
  readonly network: {
    readonly contracts: { readonly emission: Address; readonly subnets: Address; readonly terms: Address }
  }
}

export async function readPendingChanges(view: PendingView, netuid: number): Promise<PendingChanges> {
  const { network, reader } = view
  const pending = { blockTag: 'pending' } as const
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi, ...pending } as const
  const terms = { address: network.contracts.terms, abi: subnetTermsAbi, ...pending } as const
  const { timestamp } = await reader.getBlock(pending)
  const epoch = await reader.readContract({ ...subnets, functionName: 'epochAt', args: [netuid, timestamp] })
  const [next, { announced }] = await Promise.all([
    reader.readContract({ ...terms, functionName: 'versionAt', args: [netuid, epoch + BigInt(updateDelayEpochs)] }),
    readParts(view, netuid),
  ])
  const window =
    next.fromEpoch > epoch
      ? await reader.readContract({ ...subnets, functionName: 'epochWindow', args: [netuid, next.fromEpoch] })
      : undefined
  const { specHash, metadataURI } = next
  return {
    texts: window === undefined ? undefined : { fromSeconds: window.startsAt, specHash, metadataURI },
    parts:
      announced === undefined
        ? undefined
        : { fromSeconds: await firstSecondOf(view, netuid, Number(timestamp), announced), ...announced },
  }
}

/** The contract tells the parts of any second, not when they change: found by halving the time of the notice. */
async function firstSecondOf(view: EmissionView, netuid: number, now: number, announced: AlphaParts): Promise<number> {
  let [before, after] = [now, now + partsDelaySeconds + 1]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (areSameParts(await readPartsAt(view, netuid, BigInt(middle)), announced)) after = middle
    else before = middle
  }
  return after
}
