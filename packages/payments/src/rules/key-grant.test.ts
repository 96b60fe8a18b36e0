import { describe, expect, it } from 'vitest'
import { createApiKey, signKeyGrant, signKeyRevocation } from '../client/make-api-key.ts'
import { party, seed } from '../testing/fixtures.ts'
import { type KeyGrant, parseKeyGrant, verifyKeyGrant, verifyKeyRevocation } from './key-grant.ts'

const payer = party('payer')
const key = createApiKey(() => seed('api key'))
const grant: KeyGrant = {
  keyHash: key.keyHash,
  channelId: `0x${'77'.repeat(32)}`,
  label: 'laptop',
  validUntil: 2_000_000_000,
}

describe('key grants', () => {
  it('made by the helper are accepted', async () => {
    const signature = await signKeyGrant(payer.account, grant, 31)
    expect(verifyKeyGrant({ grant, signature, payer: payer.address, chainId: 31, atSeconds: 1 })).toBe(true)
    expect(verifyKeyGrant({ grant, signature, payer: party('thief').address, chainId: 31, atSeconds: 1 })).toBe(false)
    const other = { ...grant, channelId: `0x${'78'.repeat(32)}` as const }
    expect(verifyKeyGrant({ grant: other, signature, payer: payer.address, chainId: 31, atSeconds: 1 })).toBe(false)
  })

  it('are ended by the payer only, and a grant is no revocation', async () => {
    const revocation = { keyHash: key.keyHash }
    const signature = await signKeyRevocation(payer.account, revocation, 31)
    expect(verifyKeyRevocation({ revocation, signature, payer: payer.address, chainId: 31 })).toBe(true)
    const thief = await signKeyRevocation(party('thief').account, revocation, 31)
    expect(verifyKeyRevocation({ revocation, signature: thief, payer: payer.address, chainId: 31 })).toBe(false)
    const granted = await signKeyGrant(payer.account, grant, 31)
    expect(verifyKeyRevocation({ revocation, signature: granted, payer: payer.address, chainId: 31 })).toBe(false)
  })

  it('from outside are checked', () => {
    expect(parseKeyGrant({ ...grant })).toEqual(grant)
    for (const bad of [
      null,
      {},
      { ...grant, label: 'x'.repeat(81) },
      { ...grant, label: '\ud800' },
      { ...grant, validUntil: 1.5 },
      { ...grant, validUntil: '2000000000' },
      { ...grant, keyHash: grant.keyHash.toUpperCase() },
    ]) {
      expect(() => parseKeyGrant(bad)).toThrow('malformed')
    }
  })
})
