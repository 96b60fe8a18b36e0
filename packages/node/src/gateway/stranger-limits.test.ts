import { expect, it } from 'vitest'
import { bookLimits, createStrangerLimits, pageLimits } from './stranger-limits.ts'

/** How many of so many requests of an address are answered. */
function looksWith(admit: (address: string | undefined) => void) {
  return (address: string | undefined, count: number): number => {
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
}

it('counts the books by address and by wider network, and by nothing that all share', () => {
  const looks = looksWith(createStrangerLimits({ nowMs: () => 0 }, bookLimits))
  const asked = (networks: readonly string[]) => networks.map((address) => looks(address, 5_000))
  expect(asked(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'])).toEqual([600, 600, 600, 0])
  expect(asked(['2001:db8:7:1::1', '2001:db8:7:2::1', '2001:db8:7:3::1', '2001:db8:7:4::1'])).toEqual([
    600, 600, 600, 0,
  ])
  for (let network = 0; network < 20; network++) expect(looks(`198.51.${network}.1`, 5_000)).toBe(600)
})

it('bounds what each address and all strangers look at, and leaves this machine alone', () => {
  let nowMs = 0
  const admit = createStrangerLimits({ nowMs: () => nowMs }, pageLimits)
  const looks = looksWith(admit)
  for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(looks(here, 5_000)).toBe(5_000)
  expect(looks('192.0.2.1', 5_000)).toBe(240)
  expect(looks('::ffff:192.0.2.1', 1)).toBe(0)
  expect(looks('2001:db8:1:2::1', 5_000)).toBe(240)
  expect(looks('2001:db8:1:2:3::9', 1)).toBe(0)
  expect(looks('192.0.2.3', 5_000)).toBe(120)
  nowMs += 1_000
  expect(looks('192.0.2.4', 5_000)).toBe(10)
})
