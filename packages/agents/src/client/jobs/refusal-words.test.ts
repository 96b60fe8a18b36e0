import { KoinonError } from '@koinon/base'
import { jobsAbi, quorumEvaluatorAbi } from '@koinon/ledger/abis'
import { expect, it } from 'vitest'
import { jobRefusal, jobRefusalWords } from './refusal-words.ts'

/** Of libraries: nobody gets there by steps of a job. */
const ofLibraries = ['InvalidShortString', 'ReentrancyGuardReentrantCall', 'SafeERC20FailedOperation', 'StringTooLong']

it('there are words for every error of the contracts', () => {
  const names = [...jobsAbi, ...quorumEvaluatorAbi].flatMap((item) => (item.type === 'error' ? [item.name] : []))
  expect(Object.keys(jobRefusalWords).sort()).toEqual(
    [...new Set(names)].filter((name) => !ofLibraries.includes(name)).sort(),
  )
  for (const name of Object.keys(jobRefusalWords)) {
    const refused = new KoinonError({ code: 'ledger/refused', message: 'x', details: { reason: `${name}(1, 2)` } })
    const told = jobRefusal(refused, 'accept', 7n, undefined) as KoinonError
    expect(told.message).toMatch(/^[A-Z0-9].*[^.]$/)
    expect(`${told.message} ${told.hint}`).not.toMatch(/undefined|[A-Z][a-z]+[A-Z][a-z]+\(/)
    expect(told).toMatchObject({ code: 'ledger/refused', details: { reason: `${name}(1, 2)` } })
  }
  const other = new KoinonError({ code: 'ledger/refused', message: 'x', details: { reason: 'constructor(1)' } })
  expect(jobRefusal(other, 'accept', 7n, undefined)).toBe(other)
})
