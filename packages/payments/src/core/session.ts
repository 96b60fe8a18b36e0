import { type Address, type Clock, type Hex, type Random, type SessionSigner } from '@koinon/base'
import { createNativeSessionSigner } from '@koinon/base/node'
import { type SessionDelegation, type SignedDelegation, sessionDelegationDigest } from '@koinon/work'
import { secp256k1Engine } from './native-secp256k1.ts'

/** A session key that may sign for a role account, for receipts and node requests alike. Not a node session, whose key makes MACs. */
export type SigningSession = { readonly signer: SessionSigner; readonly delegation: SignedDelegation }

/** The role's account as far as sessions need it; a wallet or a key service can stand behind it. */
export type DelegatingAccount = {
  readonly address: Address
  /** 65-byte signature over a 32-byte EIP-712 digest. */
  signDigest(digest: Uint8Array): Hex | Promise<Hex>
}

/** A delegating account that holds its 32-byte secret key in memory. */
export function localDelegatingAccount(secretKey: Uint8Array): DelegatingAccount {
  return {
    address: secp256k1Engine.addressOf(secretKey),
    signDigest: (digest) => secp256k1Engine.sign(digest, secretKey),
  }
}

/** Answers that were under way when a session began may have ended this long before it. */
const slackSeconds = 3600

/**
 * Makes a fresh ed25519 key and lets the account delegate to it for `lifetimeSeconds` from now. The secret stays in this process:
 * after a restart there is a new key and a new chain of receipts.
 */
export async function openSession(input: {
  readonly account: DelegatingAccount
  readonly chainId: number
  readonly lifetimeSeconds: number
  readonly clock: Clock
  readonly random: Random
}): Promise<SigningSession> {
  const signer = createNativeSessionSigner(input.random(32))
  const nowSeconds = Math.floor(input.clock.nowMs() / 1000)
  const delegation: SessionDelegation = {
    chainId: input.chainId,
    signer: input.account.address,
    sessionKey: signer.publicKey,
    validFrom: Math.max(0, nowSeconds - slackSeconds),
    validUntil: nowSeconds + input.lifetimeSeconds,
  }
  const signature = await input.account.signDigest(sessionDelegationDigest(delegation))
  return { signer, delegation: { ...delegation, signature } }
}
