import { bytesToHex, integerWord } from '@koinon/base'
import * as fc from 'fast-check'
import { hashTypedData } from 'viem'
import { describe, expect, it } from 'vitest'
import {
  type ChannelConfig,
  channelIdOf,
  type EscrowDomain,
  escrowTypedDataDomain,
  maximumAtomic,
  parseChannelConfig,
} from './channel.ts'
import { type KeyGrant, type KeyRevocation, keyGrantDigest, keyRevocationDigest } from './key-grant.ts'
import { decodeVoucherHeader, encodeVoucherHeader, parseVoucher, type Voucher, voucherDigest } from './voucher.ts'

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => bytesToHex(array))
const domains = fc.record({ chainId: fc.integer({ min: 1, max: 2 ** 31 }), escrow: bytes(20) })
const configs: fc.Arbitrary<ChannelConfig> = fc.record({
  payer: bytes(20),
  payerAuthorizer: bytes(20),
  receiver: bytes(20),
  receiverAuthorizer: bytes(20),
  token: bytes(20),
  withdrawDelay: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  salt: bytes(32),
})
const types = {
  ChannelConfig: [
    { name: 'payer', type: 'address' },
    { name: 'payerAuthorizer', type: 'address' },
    { name: 'receiver', type: 'address' },
    { name: 'receiverAuthorizer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'withdrawDelay', type: 'uint40' },
    { name: 'salt', type: 'bytes32' },
  ],
} as const

describe('our EIP-712 digests', () => {
  it('equal those of viem for any channel', () => {
    fc.assert(
      fc.property(configs, domains, (message, domain) => {
        const expected = hashTypedData({
          domain: escrowTypedDataDomain(domain),
          types,
          primaryType: 'ChannelConfig',
          message,
        })
        expect(channelIdOf(message, domain)).toBe(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('equal those of viem for any voucher', () => {
    fc.assert(
      fc.property(bytes(32), fc.bigInt(0n, maximumAtomic), domains, (channelId, maxClaimableAtomic, domain) => {
        const voucher = { channelId, maxClaimableAtomic }
        expect(bytesToHex(voucherDigest(voucher, domain))).toBe(hashTypedData(voucherTypedData(voucher, domain)))
      }),
      { numRuns: 60 },
    )
  })

  it('equal those of viem for any grant and revocation', () => {
    const grants = fc.record({
      keyHash: bytes(32),
      channelId: bytes(32),
      label: fc.string({ unit: 'grapheme' }),
      validUntil: fc.nat(),
    })
    fc.assert(
      fc.property(grants, fc.integer({ min: 1, max: 2 ** 31 }), (grant, chainId) => {
        expect(bytesToHex(keyGrantDigest(grant, chainId))).toBe(hashTypedData(keyGrantTypedData(grant, chainId)))
        const revocation = { keyHash: grant.keyHash }
        expect(bytesToHex(keyRevocationDigest(revocation, chainId))).toBe(
          hashTypedData(keyRevocationTypedData(revocation, chainId)),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('refuse amounts that would be cut off', () => {
    expect(() => integerWord(1n << 128n, 128)).toThrow('unsigned integer of 128 bits')
    expect(() => integerWord(-1n, 128)).toThrow('unsigned integer')
    expect(() =>
      voucherDigest({ channelId: `0x${'00'.repeat(32)}`, maxClaimableAtomic: 1n << 128n }, testDomain),
    ).toThrow('unsigned')
    expect(() => voucherDigest({ channelId: '0x00', maxClaimableAtomic: 1n }, testDomain)).toThrow('32 bytes')
  })
})

const testDomain = { chainId: 7, escrow: `0x${'ee'.repeat(20)}` } as const

describe('channel terms from outside', () => {
  const good = {
    payer: `0x${'AB'.repeat(20)}`,
    payerAuthorizer: `0x${'02'.repeat(20)}`,
    receiver: `0x${'03'.repeat(20)}`,
    receiverAuthorizer: `0x${'03'.repeat(20)}`,
    token: `0x${'04'.repeat(20)}`,
    withdrawDelay: 900,
    salt: `0x${'CD'.repeat(32)}`,
  }

  it('come out in lower case, without strange members', () => {
    const parsed = parseChannelConfig({ ...good, more: 1 })
    expect(parsed.payer).toBe(`0x${'ab'.repeat(20)}`)
    expect(parsed.salt).toBe(`0x${'cd'.repeat(32)}`)
    expect(Object.keys(parsed)).not.toContain('more')
  })

  it.each([
    ['nothing', null],
    ['text', 'config'],
    ['a missing member', { ...good, token: undefined }],
    ['a short address', { ...good, payer: '0x1234' }],
    ['a text as delay', { ...good, withdrawDelay: '900' }],
    ['a negative delay', { ...good, withdrawDelay: -1 }],
    ['a delay beyond 40 bits', { ...good, withdrawDelay: 2 ** 40 }],
    ['a fraction as delay', { ...good, withdrawDelay: 900.5 }],
    ['a short salt', { ...good, salt: '0x00' }],
  ])('are refused with %s', (_, json) => {
    expect(() => parseChannelConfig(json)).toThrow('malformed')
  })
})

describe('vouchers on the wire', () => {
  it('survive the header', () => {
    fc.assert(
      fc.property(bytes(32), fc.bigInt(0n, maximumAtomic), bytes(65), (channelId, maxClaimableAtomic, signature) => {
        const voucher = { channelId, maxClaimableAtomic, signature }
        expect(decodeVoucherHeader(encodeVoucherHeader(voucher))).toEqual(voucher)
      }),
    )
  })

  const good = { channelId: `0x${'11'.repeat(32)}`, maxClaimableAmount: '5', signature: `0x${'22'.repeat(65)}` }
  it.each([
    ['no object', 7],
    ['a number as amount', { ...good, maxClaimableAmount: 5 }],
    ['a negative amount', { ...good, maxClaimableAmount: '-5' }],
    ['leading zeros', { ...good, maxClaimableAmount: '05' }],
    ['2^128', { ...good, maxClaimableAmount: (1n << 128n).toString() }],
    ['a compact signature', { ...good, signature: `0x${'22'.repeat(64)}` }],
    ['a short channel id', { ...good, channelId: '0x11' }],
  ])('are refused with %s', (_, json) => {
    expect(() => parseVoucher(json)).toThrow('malformed')
  })

  it.each([
    ['an over-long header', 'A'.repeat(2000)],
    ['no base64url', '***'],
    ['no JSON', 'AAAA'],
    ['bytes that are not UTF-8', '_____w'],
  ])('are refused with %s', (_, header) => {
    expect(() => decodeVoucherHeader(header)).toThrow('malformed')
  })
})

// The same as typed data, in the shape that wallets take: viem's hash of it is what ours is held against.

function koinonDomain(chainId: number) {
  return { name: 'Koinon', version: '1', chainId } as const
}

function keyGrantTypedData(grant: KeyGrant, chainId: number) {
  return {
    domain: koinonDomain(chainId),
    types: {
      KeyGrant: [
        { name: 'keyHash', type: 'bytes32' },
        { name: 'channelId', type: 'bytes32' },
        { name: 'label', type: 'string' },
        { name: 'validUntil', type: 'uint64' },
      ],
    },
    primaryType: 'KeyGrant',
    message: { ...grant, validUntil: BigInt(grant.validUntil) },
  } as const
}

function keyRevocationTypedData(revocation: KeyRevocation, chainId: number) {
  return {
    domain: koinonDomain(chainId),
    types: { KeyRevocation: [{ name: 'keyHash', type: 'bytes32' }] },
    primaryType: 'KeyRevocation',
    message: revocation,
  } as const
}

function voucherTypedData(voucher: Voucher, domain: EscrowDomain) {
  return {
    domain: escrowTypedDataDomain(domain),
    types: {
      Voucher: [
        { name: 'channelId', type: 'bytes32' },
        { name: 'maxClaimableAmount', type: 'uint128' },
      ],
    },
    primaryType: 'Voucher',
    message: { channelId: voucher.channelId, maxClaimableAmount: voucher.maxClaimableAtomic },
  } as const
}
