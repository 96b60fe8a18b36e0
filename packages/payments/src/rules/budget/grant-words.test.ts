import { batchSettlementAbi } from '@koinon/ledger/abis'
import { getAbiItem, toFunctionSelector } from 'viem'
import { expect, it } from 'vitest'
import { fundByQuoteSelector, fundJobSelector, hireSelector } from '../../client/budget/delegate-calls.ts'
import { budgetGrant } from '../../testing/budget.ts'
import { grantWords, type KnownContracts } from './grant-words.ts'

const target = `0x${'ee'.repeat(20)}` as const
const foreign = `0x${'ab'.repeat(20)}` as const
const wordsOf = (selector: `0x${string}`, contracts: KnownContracts) =>
  grantWords(budgetGrant({ contractCalls: [{ target, selector }] }), contracts).find((line) =>
    line.startsWith('On the ledger'),
  )

it.each([
  [fundJobSelector, '(fund)', 'jobs'],
  [fundByQuoteSelector, '(fundByQuote)', 'jobs'],
  [hireSelector, '(hire)', 'jobs'],
  [toFunctionSelector(getAbiItem({ abi: batchSettlementAbi, name: 'deposit' })), '(deposit)', 'channels'],
])('says in words what a key may call on the ledger: %s %s', (selector, name, contract) => {
  const known = { channels: foreign, [contract]: target }
  expect(wordsOf(selector, known)).toContain(`${name}, selector ${selector}, at ${target}.`)
  const stranger = `On the ledger it may call a function with the selector ${selector} at ${target}.`
  const others = [{ channels: foreign }, { channels: foreign, [contract === 'jobs' ? 'channels' : 'jobs']: target }]
  for (const other of others) expect(wordsOf(selector, other)).toBe(stranger)
})

it('names no function that it does not know', () => {
  expect(wordsOf('0x12345678', { channels: target })).toBe(
    `On the ledger it may call a function with the selector 0x12345678 at ${target}.`,
  )
})
