import type { LedgerReader } from '@koinon/ledger'
import { reachable } from '../core/escrow.ts'
import { permit2Address, upToProxyAddress } from '../rules/up-to.ts'

/**
 * Whether `upTo` can be paid on a chain: Permit2 and the proxy stand there. Chains of homes that began with an older version have neither.
 * Throws `payments/ledger-unreachable`.
 */
export async function hasUpToProxy(reader: LedgerReader): Promise<boolean> {
  const codes = await reachable(
    Promise.all([permit2Address, upToProxyAddress].map((address) => reader.getCode({ address }))),
  )
  return codes.every((code) => code !== undefined && code !== '0x')
}
