import { expect, it } from 'vitest'
import { honestLeague } from './world/honest-league.ts'

it('accuses nobody in 100 honest requests, sixteen at a time', async () => {
  const outcome = await honestLeague({ requests: 100, concurrency: 16, seed: 7 })
  expect(outcome.unanswered).toEqual([])
  expect(outcome.accusations).toEqual([])
  expect(Object.keys(outcome.finishReasons).sort()).toEqual(['length', 'stop'])
}, 180_000)
