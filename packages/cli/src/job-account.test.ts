import { KoinonError } from '@koinon/base'
import { expect, it } from 'vitest'
import { askedCeiling } from './job-account.ts'

const contract = `0x${'81'.repeat(20)}` as const
const job = { client: contract, termsHash: `0x${'82'.repeat(32)}` } as const
const ceilingOf = (error: Error) => {
  const requestsFor = async () => {
    throw error
  }
  return askedCeiling({ requestsFor }, { name: 'x', version: '1', chainId: 7, verifyingContract: contract }, job, 1)
}

it('knows no ceiling where the book cannot be reached, and hides nothing else', async () => {
  const gone = new KoinonError({ code: 'work/quotes-unreachable', message: 'gone', retry: 'later' })
  expect(await ceilingOf(gone)).toBeUndefined()
  await expect(ceilingOf(new TypeError('a bug'))).rejects.toThrow('a bug')
})
