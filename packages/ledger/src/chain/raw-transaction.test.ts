import { type TransactionSerializable, keccak256 as viemKeccak } from 'viem'
import { describe, expect, it } from 'vitest'
import { blockGasLimit } from './genesis.ts'
import { decodeRawTransaction, maximumRawTransactionBytes, readRecovered } from './raw-transaction.ts'
import { newAccount, testChainId } from './testing/chain-fixture.ts'

const account = newAccount()
const base = { chainId: testChainId, nonce: 3, to: account.address, value: 7n, gas: 50_000n } as const
const fees = { maxFeePerGas: 11n, maxPriorityFeePerGas: 2n } as const
const decode = (raw: unknown) => decodeRawTransaction(raw, testChainId, blockGasLimit)

describe('decodeRawTransaction', () => {
  it.each([
    ['legacy', { ...base, type: 'legacy', gasPrice: 11n }],
    ['access list', { ...base, type: 'eip2930', gasPrice: 11n, accessList: [] }],
    ['fee market', { ...base, type: 'eip1559', ...fees }],
  ] as const)('reads a %s transaction', async (_, transaction) => {
    const raw = await account.signTransaction(transaction as TransactionSerializable)
    expect(decode(raw)).toMatchObject({
      raw,
      hash: viemKeccak(raw),
      nonce: 3,
      gasLimit: 50_000n,
      maxFeePerGas: 11n,
      maxCostWei: 550_007n,
      bytes: (raw.length - 2) / 2,
      recoveryInput: expect.stringMatching(/^0x[0-9a-f]{256}$/),
    })
  })

  it('reads a transaction with an EIP-7702 authorization', async () => {
    const authorization = await account.signAuthorization({ address: account.address, chainId: testChainId, nonce: 4 })
    const raw = await account.signTransaction({ ...base, type: 'eip7702', ...fees, authorizationList: [authorization] })
    expect(decode(raw)).toMatchObject({ nonce: 3, gasLimit: 50_000n })
  })

  it('treats the same bytes in capital letters as the same transaction', async () => {
    const raw = await account.signTransaction({ ...base, type: 'eip1559', ...fees })
    expect(decode(`0x${raw.slice(2).toUpperCase()}`).hash).toBe(viemKeccak(raw))
  })

  it.each([
    ['no text at all', undefined, /0x-prefixed hexadecimal/],
    ['no hexadecimal', '0xzz', /0x-prefixed hexadecimal/],
    ['half a byte', '0x123', /0x-prefixed hexadecimal/],
    ['nothing', '0x', /0x-prefixed hexadecimal/],
    ['an unknown type', '0x7fc0', /transaction type not supported/],
    ['a blob transaction', `0x03${'c0'.repeat(9)}`, /transaction type not supported/],
    ['cut bytes', '0x02f86b', /malformed transaction/],
    ['a list of the wrong length', '0x02c101', /malformed transaction/],
    ['too many bytes', `0x02${'00'.repeat(maximumRawTransactionBytes)}`, /oversized data/],
  ])('refuses %s', (_, raw, reason) => {
    expect(() => decode(raw)).toThrow(reason)
  })

  it('refuses what no chain state could make right, in the words that viem knows', async () => {
    const sign = (change: object) => account.signTransaction({ ...base, type: 'eip1559', ...fees, ...change } as never)
    expect(() => decode(undefined)).toThrow()
    const otherChain = await sign({ chainId: 1 })
    expect(() => decode(otherChain)).toThrow(/invalid chain id for signer: have 1 want 424242/)
    const tooMuchGas = await sign({ gas: blockGasLimit + 1n })
    expect(() => decode(tooMuchGas)).toThrow(/exceeds the cap of 60000000/)
    const unprotected = await account.signTransaction({
      ...base,
      chainId: undefined as never,
      type: 'legacy',
      gasPrice: 1n,
    })
    expect(() => decode(unprotected)).toThrow(/only replay-protected/)
  })
})

describe('readRecovered', () => {
  it('gives addresses, and nothing where recovery gave zero or the answer is short', () => {
    const word = `${'00'.repeat(12)}${'ab'.repeat(20)}`
    expect(readRecovered(`0x${word}${'00'.repeat(32)}`, 3)).toEqual([`0x${'ab'.repeat(20)}`, undefined, undefined])
  })
})
