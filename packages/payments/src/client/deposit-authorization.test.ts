import { bytesToHex, type Hex } from '@koinon/base'
import * as fc from 'fast-check'
import { encodeAbiParameters, hashTypedData, keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { collectorData, type DepositAuthorization, depositDigest, depositNonce } from './deposit-authorization.ts'

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array): Hex => bytesToHex(array))
const authorizations: fc.Arbitrary<DepositAuthorization> = fc.record({
  channelId: bytes(32),
  payer: bytes(20),
  collector: bytes(20),
  amountAtomic: fc.bigInt(0n, (1n << 128n) - 1n),
  validBefore: fc.nat(),
  depositId: bytes(32),
})
const types = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

describe('deposit authorizations', () => {
  it('have the nonce, digest and data that the ABI and EIP-712 ask for', () => {
    fc.assert(
      fc.property(authorizations, bytes(65), (authorization, signature) => {
        const { channelId, depositId, amountAtomic, validBefore } = authorization
        const salt = BigInt(depositId)
        const nonce = keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [channelId, salt]))
        expect(depositNonce(authorization)).toBe(nonce)
        const token = {
          name: 'Test Dollar',
          version: '1',
          chainId: 5,
          verifyingContract: `0x${'0d'.repeat(20)}`,
        } as const
        const message = {
          from: authorization.payer,
          to: authorization.collector,
          value: amountAtomic,
          validAfter: 0n,
          validBefore: BigInt(validBefore),
          nonce,
        }
        expect(bytesToHex(depositDigest(authorization, token))).toBe(
          hashTypedData({ domain: token, types, primaryType: 'ReceiveWithAuthorization', message }),
        )
        expect(collectorData(authorization, signature)).toBe(
          encodeAbiParameters(
            [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
            [0n, BigInt(validBefore), salt, signature],
          ),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('differ in nonce by channel and by deposit', () => {
    const one = { channelId: `0x${'01'.repeat(32)}`, depositId: `0x${'02'.repeat(32)}` } as const
    expect(depositNonce(one)).not.toBe(depositNonce({ ...one, channelId: `0x${'03'.repeat(32)}` }))
    expect(depositNonce(one)).not.toBe(depositNonce({ ...one, depositId: `0x${'03'.repeat(32)}` }))
  })
})
