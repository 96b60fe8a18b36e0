import type { NetworkFile } from '@koinon/ledger'
import { mostConfirmationGas } from '@koinon/subnets'

/** What a validator pays to have results computed by the ledger: on an embedded chain, where gas is free, all it takes; else what it was told. */
export function confirmGasOf(
  { chainKind }: Pick<NetworkFile, 'chainKind'>,
  told: number | undefined,
): { readonly mostConfirmGas?: bigint } {
  if (told !== undefined) return told === 0 ? {} : { mostConfirmGas: BigInt(told) }
  return chainKind === 'embedded' ? { mostConfirmGas: mostConfirmationGas } : {}
}
