/** The invented parties of the fake network. Their keys come from a fixed seed and are worth nothing anywhere. */
import {
  type Address,
  createSessionSigner,
  type Hex,
  type SessionSigner,
  secretKeyToAddress,
  sha256,
  signDigest,
  utf8ToBytes,
} from '@koinon/base'
import { emptySession, type SessionTip, type SignedDelegation, sessionDelegationDigest } from '@koinon/work'

/** Chain of the fake network, not that of local networks: a receipt of one must fail on the other. */
export const fakeChainId = 402_499

/** An account with a session key, and where the chain of its receipts stands. */
export type FakeActor = {
  readonly name: string
  readonly account: Address
  readonly signer: SessionSigner
  readonly delegation: SignedDelegation
  tip: SessionTip
}

/** 32 bytes that are the same in every run. */
export function seedBytes(label: string): Uint8Array {
  return sha256(utf8ToBytes(`koinon fake network: ${label}`))
}

/** Makes an account whose session key is really delegated by an EIP-712 signature. */
export function makeActor(name: string, nowMs: number): FakeActor {
  const secretKey = seedBytes(`account of ${name}`)
  const signer = createSessionSigner(seedBytes(`session of ${name}`))
  const account = secretKeyToAddress(secretKey)
  const nowSeconds = Math.floor(nowMs / 1000)
  const unsigned = {
    chainId: fakeChainId,
    signer: account,
    sessionKey: signer.publicKey,
    validFrom: nowSeconds - 30 * 86_400,
    validUntil: nowSeconds + 86_400,
  }
  const signature: Hex = signDigest(sessionDelegationDigest(unsigned), secretKey)
  return { name, account, signer, delegation: { ...unsigned, signature }, tip: emptySession }
}
