import { describe, expect, it } from 'vitest'
import { sharesPpm } from './subnets-json.ts'

describe('shares of the emission', () => {
  it('are those of the last step, in millionths', () => {
    const quarter = 1n << 62n
    const shares = sharesPpm({ netuids: ['3', '1'], shares: [`${quarter}`, `${3n * quarter}`] })
    expect([...shares]).toEqual([
      [3, 250_000],
      [1, 750_000],
    ])
  })

  it('are none before the first step', () => {
    expect(sharesPpm(undefined).size).toBe(0)
  })
})
