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
