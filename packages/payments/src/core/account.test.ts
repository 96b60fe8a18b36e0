import { bytesToHex } from '@koinon/base'
import { parseTransaction, recoverTransactionAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { voucherTypedData } from '../rules/voucher.ts'
import { seed, testDomain } from '../testing/fixtures.ts'
import { createFastAccount } from './account.ts'
import { nobleSecp256k1, secp256k1Engine } from './secp256k1.ts'

const secret = seed('account')
const stock = privateKeyToAccount(bytesToHex(secret))

describe.each([secp256k1Engine, nobleSecp256k1])('a fast account ($name)', (engine) => {
  const fast = createFastAccount(secret, engine)

  it('signs like the stock one', async () => {
    expect(fast.address).toBe(stock.address)
    const typedData = voucherTypedData({ channelId: `0x${'01'.repeat(32)}`, maxClaimableAtomic: 5n }, testDomain)
    expect(await fast.signTypedData(typedData)).toBe(await stock.signTypedData(typedData))
    expect(await fast.signMessage({ message: 'hello' })).toBe(await stock.signMessage({ message: 'hello' }))
    const hash = bytesToHex(seed('hash'))
    expect(await fast.sign?.({ hash })).toBe(await stock.sign({ hash }))
  })

  it('signs transactions like the stock one', async () => {
    const transaction = {
      type: 'eip1559',
      chainId: 424_242,
      nonce: 3,
      gas: 21_000n,
      maxFeePerGas: 10n,
      maxPriorityFeePerGas: 1n,
      to: stock.address,
      value: 1n,
    } as const
    const signed = await fast.signTransaction(transaction)
    expect(signed).toBe(await stock.signTransaction(transaction))
    expect(parseTransaction(signed).nonce).toBe(3)
    expect(await recoverTransactionAddress({ serializedTransaction: signed as `0x02${string}` })).toBe(stock.address)
  })
})
