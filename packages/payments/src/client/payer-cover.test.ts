import { type Address, type Hex, zeroAddress } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { type Commitment, type SignedDeposit, type UpToAuthorization } from '../rules/terms.ts'
import { depositNonce } from './deposit-authorization.ts'
import { coverOf } from './payer-cover.ts'
import type { PayerLedger } from './payer-ledger.ts'

const chainId = 31_337
const token: Address = `0x${'0d'.repeat(20)}`
const payer: Address = `0x${'0a'.repeat(20)}`
const signature: Hex = `0x${'00'.repeat(65)}`
const times = { validAfter: 0n, validBefore: 60n } as const
const salt: Hex = `0x${'05'.repeat(32)}`
const channelId: Hex = `0x${'0c'.repeat(32)}`
const deposit: SignedDeposit = { ...times, amountAtomic: 70n, salt, signature }
const authorization: UpToAuthorization = {
  ...times,
  token,
  from: payer,
  to: zeroAddress,
  facilitator: zeroAddress,
  maximumAtomic: 90n,
  valueAtomic: 40n,
  nonce: salt,
  signature,
}

function channel(first: SignedDeposit | undefined): Commitment {
  return {
    backEnd: 'channel',
    config: {
      payer,
      payerAuthorizer: zeroAddress,
      receiver: zeroAddress,
      receiverAuthorizer: zeroAddress,
      token,
      withdrawDelay: 900,
      salt,
    },
    voucher: { channelId, maxClaimableAtomic: 10n, signature },
    ...(first !== undefined && { deposit: first }),
  }
}

/** One account with 50 of the token; `used` holds the nonces that were. */
function ledgerWhere(...used: readonly Hex[]): PayerLedger {
  return {
    depositOf: () => Promise.reject(new Error('nobody asks what lies in the channel')),
    isUsed: async (id, asset, from, nonce) =>
      id === chainId && asset === token && from === payer && used.includes(nonce),
    balanceOf: async (id, asset, account) => (id === chainId && asset === token && account === payer ? 50n : 0n),
  }
}

describe('what a commitment takes out of an account', () => {
  it('is nothing for a voucher without a deposit', async () => {
    expect(await coverOf(ledgerWhere(), chainId, channel(undefined))).toBeUndefined()
  })

  it('is a deposit, as long as the ledger does not know it as collected', async () => {
    const commitment = channel(deposit)
    expect(await coverOf(ledgerWhere(salt), chainId, commitment)).toEqual({
      account: payer,
      neededAtomic: 70n,
      heldAtomic: 50n,
    })
    const collected = depositNonce({ channelId, depositId: salt })
    expect(await coverOf(ledgerWhere(collected), chainId, commitment)).toBeUndefined()
  })

  it('is the price of an exact payment and the ceiling of one that is charged up to it', async () => {
    const held = { account: payer, heldAtomic: 50n }
    expect(await coverOf(ledgerWhere(), chainId, { backEnd: 'exact', authorization })).toEqual({
      ...held,
      neededAtomic: 40n,
    })
    expect(await coverOf(ledgerWhere(), chainId, { backEnd: 'upTo', authorization })).toEqual({
      ...held,
      neededAtomic: 90n,
    })
  })
})
