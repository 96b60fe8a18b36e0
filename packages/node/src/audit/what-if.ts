/** What a subnet's last epochs would have paid with other parameters, from public data (specs/0019-audit.md section 6). */
import type { Hex } from '@koinon/base'
import { checkChain, createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { type AuditSource, createRpcSource } from '@koinon/ledger/audit'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import {
  announcedChange,
  createCandidates,
  type KnownDefinition,
  type Subnet,
  type WhatIf,
  type WhatIfChange,
  whatIf,
} from '@koinon/subnets'
import { inferenceSpecHash } from '../local/subnet-spec.ts'
import { openDefinitions } from './definitions.ts'

export type WhatIfOutcome = WhatIf & {
  readonly head: AuditSource['head']
  /** Nothing was asked for and the owner announced nothing: there is nothing to compare. */
  readonly isUnchanged: boolean
}

/**
 * Computes the last epochs of a subnet again; without a `change` with what its owner announced. Throws as `auditNetwork`, and
 * `subnets/no-results`.
 */
export async function whatIfNetwork(
  network: NetworkFile,
  {
    netuid,
    change,
    epochs,
    files,
    onProgress,
  }: {
    readonly netuid: number
    readonly change: WhatIfChange | undefined
    readonly epochs: number
    readonly files: readonly string[]
    readonly onProgress: (text: string) => void
  },
): Promise<WhatIfOutcome> {
  const reader = createLedgerReader(network)
  await checkChain(reader, network)
  const source = await createRpcSource({ reader, network, transfers: 'supply', onProgress })
  const announced = change === undefined ? await announcedChange(source, netuid, aggregatorOf) : undefined
  const tried = change ?? announced?.change ?? {}
  onProgress(`computing the epochs of subnet ${netuid} again`)
  const found = await whatIf(source, netuid, tried, { epochs, candidatesOf })
  return {
    ...found,
    unknown: [...(announced?.unknown ?? []), ...found.unknown],
    head: source.head,
    isUnchanged: Object.keys(tried).length === 0,
  }

  /** Files are opened, a process each, only for a definition that is announced: records name the aggregators of epochs that were. */
  async function aggregatorOf(specHash: Hex): Promise<Subnet['aggregator'] | undefined> {
    const { definitionOf, close } = await openDefinitions([specHash], files, onProgress)
    await close()
    return definitionOf(specHash)?.subnet.aggregator
  }
}

const inference: KnownDefinition = { subnet: inferenceSubnet as Subnet }
const candidatesOf = createCandidates((specHash) => (specHash === inferenceSpecHash() ? inference : undefined))
