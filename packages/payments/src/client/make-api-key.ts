import type { Hex, Random } from '@koinon/base'
import type { DelegatingAccount } from '../core/session.ts'
import { type ApiKey, deriveApiKey } from '../rules/api-key.ts'
import { type KeyGrant, type KeyRevocation, keyGrantDigest, keyRevocationDigest } from '../rules/key-grant.ts'

/** Makes a fresh API key. Show `text` once; keep `keyHash` and the channel. */
export function createApiKey(random: Random): ApiKey {
  return deriveApiKey(random(32))
}

/** The payer's signature that registers a key at a gateway (`POST /v1/keys`). */
export async function signKeyGrant(account: DelegatingAccount, grant: KeyGrant, chainId: number): Promise<Hex> {
  return account.signDigest(keyGrantDigest(grant, chainId))
}

/** The payer's signature that ends a key at a gateway (`DELETE /v1/keys/{keyHash}`). */
export async function signKeyRevocation(
  account: DelegatingAccount,
  revocation: KeyRevocation,
  chainId: number,
): Promise<Hex> {
  return account.signDigest(keyRevocationDigest(revocation, chainId))
}
