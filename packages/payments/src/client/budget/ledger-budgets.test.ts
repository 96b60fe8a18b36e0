/** Budgets of a ledger that strangers filled with events. */
import { bytesToHex, sha256, utf8ToBytes } from '@koinon/base'
import { expect, it } from 'vitest'
import { readLedgerBudgets } from './ledger-budgets.ts'

const account = `0x${'a1'.repeat(20)}` as const
const stranger = `0x${'e5'.repeat(20)}` as const
const word = (text: string) => bytesToHex(sha256(utf8ToBytes(text)))

it('looks no further back than a stranger can fill with charges of its own, and shows the account its own all the same', async () => {
  let asked = 0
  const log = (address: string, grant: string, blockNumber: bigint) => ({
    ...{
      address,
      args: { grant, agent: account },
      eventName: 'BudgetCharged',
      blockNumber,
      transactionHash: word('tx'),
    },
  })
  const reader = {
    getBlockNumber: async () => 200_000n,
    getTransaction: async () => ({ input: '0x' }),
    getStorageAt: async () => `0x${'0'.repeat(64)}`,
    getLogs: async ({ address, fromBlock }: { address?: string; fromBlock: bigint }) => {
      if (address === account) return fromBlock === 100_000n ? [log(account, word('own'), fromBlock)] : []
      asked++
      return Array.from({ length: 2_000 }, (_, place) => log(stranger, word(`${fromBlock} ${place}`), fromBlock))
    },
  }
  const found = await readLedgerBudgets(reader as never, account, { chainId: 7, startBlock: 0 })
  expect(asked).toBe(3)
  expect(found.isCut).toBe(true)
  expect(found.grants.map(({ owner }) => owner)).toEqual([account])
})

it('says that it is cut where one page held more than is kept, of the account itself too', async () => {
  const charges = (address: string, count: number) =>
    Array.from({ length: count }, () => ({
      ...{ address, args: { grant: word('grant'), agent: account }, eventName: 'BudgetCharged' },
      ...{ blockNumber: 100_000n, transactionHash: word('tx') },
    }))
  let [ownCount, keyCount] = [0, 0]
  const reader = {
    getBlockNumber: async () => 100_000n,
    getTransaction: async () => ({ input: '0x' }),
    getStorageAt: async () => `0x${'0'.repeat(64)}`,
    getLogs: async ({ address, toBlock }: { address?: string; toBlock: bigint }) =>
      toBlock === 100_000n ? charges(address ?? stranger, address === account ? ownCount : keyCount) : [],
  }
  const look = () => readLedgerBudgets(reader as never, account, { chainId: 7, startBlock: 0 })
  for (const [own, key, isCut] of [
    [5_000, 5_000, true],
    [4_999, 4_999, false],
    [6_000, 0, true],
    [0, 6_000, true],
  ] as const) {
    ;[ownCount, keyCount] = [own, key]
    const found = await look()
    expect(found.isCut).toBe(isCut)
    expect(found.grants.map(({ uses }) => uses)).toEqual(own === 0 ? [] : [Math.min(own, 5_000)])
  }
})
