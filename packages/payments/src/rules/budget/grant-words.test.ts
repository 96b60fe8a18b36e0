import { batchSettlementAbi } from '@koinon/ledger/abis'
import { getAbiItem, toFunctionSelector } from 'viem'
import { expect, it } from 'vitest'
import { fundByQuoteSelector, fundJobSelector, hireSelector } from '../../client/budget/delegate-calls.ts'
import { budgetGrant } from '../../testing/budget.ts'
import { grantWords } from './grant-words.ts'

const target = `0x${'ee'.repeat(20)}` as const
const wordsOf = (selector: `0x${string}`) =>
  grantWords(budgetGrant({ contractCalls: [{ target, selector }] })).find((line) => line.startsWith('On the ledger'))

it.each([
  [fundJobSelector, '(fund)'],
  [fundByQuoteSelector, '(fundByQuote)'],
  [hireSelector, '(hire)'],
  [toFunctionSelector(getAbiItem({ abi: batchSettlementAbi, name: 'deposit' })), '(deposit)'],
])('says in words what a key may call on the ledger: %s %s', (selector, name) => {
  expect(wordsOf(selector)).toContain(`${name} at ${target}.`)
  expect(wordsOf(selector)).not.toContain(selector)
})

it('calls a function unknown that it does not know', () => {
  expect(wordsOf('0x12345678')).toBe(`On the ledger it may call an unknown function (0x12345678) at ${target}.`)
})
