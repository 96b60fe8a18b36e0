import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@koinon/base'
import { computeChannelId, signVoucher } from '@x402/evm/batch-settlement/client'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { createVoucherSigner, verifyVoucher } from '../core/voucher-signing.ts'
import { admissionRefusal, type ChannelStatus, unsecuredPicoUsd, voucherFor } from './admission.ts'
import { deriveApiKey, parseApiKey } from './api-key.ts'
import { type ChannelConfig, channelIdOf } from './channel.ts'
import { type KeyGrant, type KeyRevocation, verifyKeyGrant, verifyKeyRevocation } from './key-grant.ts'
import { parseVoucher } from './voucher.ts'

type Hex = `0x${string}`
type Vectors = {
  readonly channels: readonly { chainId: number; escrow: Hex; config: ChannelConfig; channelId: Hex }[]
  readonly vouchers: readonly {
    chainId: number
    escrow: Hex
    authorizerKey: Hex
    authorizer: Hex
    channelId: Hex
    maxClaimableAmount: string
    signature: Hex
  }[]
  readonly apiKeys: readonly { secret: Hex; text: string; keyHash: Hex; authorizerKey: Hex; authorizer: Hex }[]
  readonly keyGrants: readonly { chainId: number; payer: Hex; grant: KeyGrant; signature: Hex }[]
  readonly keyRevocations: readonly { chainId: number; payer: Hex; revocation: KeyRevocation; signature: Hex }[]
  readonly amounts: readonly { owedPicoUsd: string; voucherAtomic: string }[]
  readonly admissions: readonly {
    account: Record<string, string>
    maximumPicoUsd: string
    refusal: string | null
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/payments.json', import.meta.url), 'utf8'),
) as Vectors

describe('specs/vectors/payments.json', () => {
  it('has the channel ids that we and the stock x402 client compute', () => {
    expect(vectors.channels.length).toBeGreaterThan(2)
    for (const { chainId, escrow, config, channelId } of vectors.channels) {
      expect(channelIdOf(config, { chainId, escrow })).toBe(channelId)
      expect(computeChannelId(config, chainId)).toBe(channelId)
    }
  })

  it('has the vouchers that we and the stock x402 client sign, byte for byte', async () => {
    expect(vectors.vouchers.length).toBeGreaterThan(8)
    for (const vector of vectors.vouchers) {
      const domain = { chainId: vector.chainId, escrow: vector.escrow }
      const voucher = parseVoucher(vector)
      const signed = createVoucherSigner(hexToBytes(vector.authorizerKey), domain).sign(voucher)
      expect(signed.signature).toBe(vector.signature)
      expect(verifyVoucher(voucher, vector.authorizer, domain)).toBe(true)
      const account = privateKeyToAccount(vector.authorizerKey)
      const stock = await signVoucher(account, vector.channelId, vector.maxClaimableAmount, `eip155:${vector.chainId}`)
      expect(stock).toEqual({
        channelId: vector.channelId,
        maxClaimableAmount: vector.maxClaimableAmount,
        signature: vector.signature,
      })
    }
  })

  it('has the keys and hashes that follow from an API key', () => {
    for (const vector of vectors.apiKeys) {
      const secret = parseApiKey(vector.text)
      expect(bytesToHex(secret)).toBe(vector.secret)
      const key = deriveApiKey(secret)
      expect(key.text).toBe(vector.text)
      expect(key.keyHash).toBe(vector.keyHash)
      expect(bytesToHex(key.authorizerKey)).toBe(vector.authorizerKey)
      expect(key.authorizer).toBe(vector.authorizer)
    }
  })

  it('has grants and revocations that hold for their payer and nobody else', () => {
    for (const { grant, signature, payer, chainId } of vectors.keyGrants) {
      const check = { grant, signature, payer, chainId, atSeconds: grant.validUntil - 1 }
      expect(verifyKeyGrant(check)).toBe(true)
      expect(verifyKeyGrant({ ...check, atSeconds: grant.validUntil })).toBe(false)
      expect(verifyKeyGrant({ ...check, chainId: chainId + 1 })).toBe(false)
      expect(verifyKeyGrant({ ...check, payer: `0x${'11'.repeat(20)}` })).toBe(false)
      expect(verifyKeyGrant({ ...check, grant: { ...grant, label: `${grant.label}!` } })).toBe(false)
    }
    for (const { revocation, signature, payer, chainId } of vectors.keyRevocations) {
      expect(verifyKeyRevocation({ revocation, signature, payer, chainId })).toBe(true)
      expect(verifyKeyRevocation({ revocation, signature: '0x00', payer, chainId })).toBe(false)
    }
  })

  it('rounds debts down to vouchers', () => {
    for (const { owedPicoUsd, voucherAtomic } of vectors.amounts) {
      expect(voucherFor(BigInt(owedPicoUsd))).toBe(BigInt(voucherAtomic))
    }
  })

  it('decides admissions as stated', () => {
    for (const { account, maximumPicoUsd, refusal } of vectors.admissions) {
      const parsed = {
        depositAtomic: BigInt(account['depositAtomic'] as string),
        claimedAtomic: BigInt(account['claimedAtomic'] as string),
        owedPicoUsd: BigInt(account['owedPicoUsd'] as string),
        reservedPicoUsd: BigInt(account['reservedPicoUsd'] as string),
        voucherAtomic: BigInt(account['voucherAtomic'] as string),
        creditLimitPicoUsd: BigInt(account['creditLimitPicoUsd'] as string),
        status: account['status'] as ChannelStatus,
      }
      expect(admissionRefusal(parsed, BigInt(maximumPicoUsd), unsecuredPicoUsd(parsed)) ?? null).toBe(refusal)
    }
  })
})
