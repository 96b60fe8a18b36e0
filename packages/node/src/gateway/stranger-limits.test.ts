import { expect, it } from 'vitest'
import { createStrangerLimits, pageLimits } from './stranger-limits.ts'

it('bounds what each address and all strangers look at, and leaves this machine alone', () => {
  let nowMs = 0
  const admit = createStrangerLimits({ nowMs: () => nowMs }, pageLimits)
  const looks = (address: string | undefined, count: number): number => {
    for (let made = 0; made < count; made++) {
      try {
        admit(address)
      } catch (error) {
        expect(error).toMatchObject({ code: 'api/rate-limited', details: { status: 429 } })
        return made
      }
    }
    return count
  }
  for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(looks(here, 5_000)).toBe(5_000)
  expect(looks('192.0.2.1', 5_000)).toBe(240)
  expect(looks('::ffff:192.0.2.1', 1)).toBe(0)
  expect(looks('2001:db8:1:2::1', 5_000)).toBe(240)
  expect(looks('2001:db8:1:2:3::9', 1)).toBe(0)
  expect(looks('192.0.2.3', 5_000)).toBe(120)
  nowMs += 1_000
  expect(looks('192.0.2.4', 5_000)).toBe(10)
})
