/** What a subnet's last epochs would have paid with other parameters, from public data (specs/0019-audit.md section 6). */
import { checkChain, createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { type AuditSource, createRpcSource } from '@koinon/ledger/audit'
import { announcedChange, createCandidates, type WhatIf, type WhatIfChange, whatIf } from '@koinon/subnets'
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
  const { definitionOf, close } = await openDefinitions(source, files, onProgress)
  try {
    const announced = announcedChange(source, netuid, (specHash) => definitionOf(specHash)?.subnet.aggregator)
    const tried = change ?? announced.change
    const found = await whatIf(source, netuid, tried, { epochs, candidatesOf: createCandidates(definitionOf) })
    return {
      ...found,
      unknown: change === undefined ? [...announced.unknown, ...found.unknown] : found.unknown,
      head: source.head,
      isUnchanged: Object.keys(tried).length === 0,
    }
  } finally {
    await close()
  }
}
