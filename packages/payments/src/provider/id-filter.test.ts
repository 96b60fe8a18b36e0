import { describe, expect, it } from 'vitest'
import { IdFilter } from './id-filter.ts'

describe('a filter of ids', () => {
  it('knows every text that was added, and takes few others for known', () => {
    const filter = new IdFilter()
    const idOf = (index: number) => `0x${'ab'.repeat(20)}:pay_${index.toString(16).padStart(32, '0')}`
    for (let index = 0; index < 100_000; index++) filter.add(idOf(index))
    for (let index = 0; index < 100_000; index += 7) expect(filter.mayHave(idOf(index))).toBe(true)
    let wrong = 0
    for (let index = 200_000; index < 220_000; index++) if (filter.mayHave(idOf(index))) wrong++
    expect(wrong).toBeLessThan(20)
  })

  it('is empty at first', () => {
    expect(new IdFilter().mayHave('')).toBe(false)
  })
})
