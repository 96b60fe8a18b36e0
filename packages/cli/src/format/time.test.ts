import { describe, expect, it } from 'vitest'
import { duration, timeLeft, utcTime } from './time.ts'

describe('time in words', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1000, '1.0 s'],
    [61_250, '61.3 s'],
  ])('%d ms take %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it.each([
    [1_999, 500_000, ''],
    [60_000, 9_999, ''],
    [60_000, 1_000_000, ''],
    [30_000, 250_000, ', about 1 min left'],
    [9_000, 900_000, ', about 1 s left'],
  ])('after %d ms and %d millionths there is %j', (ms, ppm, text) => {
    expect(timeLeft(ms, ppm)).toBe(text)
  })

  it('names a moment to the second', () => {
    expect(utcTime(1_800_000_000)).toBe('2027-01-15 08:00:00 UTC')
    expect(utcTime(1_800_000_000_999 / 1000)).toBe('2027-01-15 08:00:00 UTC')
  })
})
