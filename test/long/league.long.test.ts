import { expect, it } from 'vitest'
import { honestLeague } from '../league/world/honest-league.ts'

it('accuses nobody in 1,000 honest requests, sixteen at a time', async () => {
  const outcome = await honestLeague({ requests: 1_000, concurrency: 16, seed: 1 })
  expect(outcome.unanswered).toEqual([])
  expect(outcome.accusations).toEqual([])
  expect(Object.keys(outcome.finishReasons).sort()).toEqual(['length', 'stop'])
})
