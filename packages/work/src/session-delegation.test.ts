import { bytesToHex } from '@koinon/base'
import { hashTypedData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { delegateSession } from './receipt.test-fixture.ts'
import {
  parseDelegation,
  type SessionDelegation,
  sessionDelegationDigest,
  verifyDelegation,
} from './session-delegation.ts'

const secretKey = new Uint8Array(32).fill(9)
const nowMs = 1_800_000_000_000
const delegation = delegateSession({
  secretKey,
  sessionKey: `0x${'5e'.repeat(32)}`,
  chainId: 1,
  nowMs,
  lifetimeSeconds: 60,
})

describe('session delegation', () => {
  it('has the digest and the signature that a wallet makes from its typed data', async () => {
    const typed = sessionDelegationTypedData(delegation)
    expect(bytesToHex(sessionDelegationDigest(delegation))).toBe(hashTypedData(typed))
    expect(await privateKeyToAccount(bytesToHex(secretKey)).signTypedData(typed)).toBe(delegation.signature)
  })

  it('holds inside its time only', () => {
    expect(verifyDelegation(delegation, nowMs)).toBe(true)
    expect(verifyDelegation(delegation, nowMs + 59_999)).toBe(true)
    expect(verifyDelegation(delegation, nowMs + 60_000)).toBe(false)
    expect(verifyDelegation(delegation, nowMs - 61_000)).toBe(false)
  })

  it('does not hold for another signer, key, chain or time', () => {
    const changes = [
      { signer: `0x${'22'.repeat(20)}` },
      { sessionKey: `0x${'5f'.repeat(32)}` },
      { chainId: 2 },
      { validUntil: delegation.validUntil + 1 },
    ] as const
    for (const change of changes) expect(verifyDelegation({ ...delegation, ...change }, nowMs)).toBe(false)
  })
})

describe('parseDelegation', () => {
  it('takes its own JSON', () => expect(parseDelegation(JSON.parse(JSON.stringify(delegation)))).toEqual(delegation))
  it.each([
    null,
    'x',
    {},
    { ...delegation, chainId: -1 },
    { ...delegation, signature: '0x12' },
    { ...delegation, validFrom: 1.5 },
    { ...delegation, signer: '0x' },
  ])('refuses %j', (json) => {
    expect(() => parseDelegation(json)).toThrow(/malformed/)
  })
})

function sessionDelegationTypedData(delegation: SessionDelegation) {
  return {
    domain: { name: 'Koinon', version: '1', chainId: delegation.chainId },
    types: {
      SessionDelegation: [
        { name: 'signer', type: 'address' },
        { name: 'sessionKey', type: 'bytes32' },
        { name: 'validFrom', type: 'uint64' },
        { name: 'validUntil', type: 'uint64' },
      ],
    },
    primaryType: 'SessionDelegation',
    message: {
      signer: delegation.signer,
      sessionKey: delegation.sessionKey,
      validFrom: BigInt(delegation.validFrom),
      validUntil: BigInt(delegation.validUntil),
    },
  } as const
}
