import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Home, homeAt } from '../home/home.ts'
import { temporaryHome } from '../testing/home.ts'
import { takeKoin } from './koin-allowance.ts'
import { faucetGift, faucetKoinInAll, localSubnet, localValidatorStake } from './parameters.ts'

let home: Home
let remove: () => void
beforeEach(() => {
  ;({ home, remove } = temporaryHome())
})
afterEach(() => remove())

describe('the KOIN of the faucet', () => {
  it('buys no say: in all the years it gives at most a tenth of what two local validators stake', () => {
    let given = 0n
    // Twenty a minute for a day; every call could come after another start.
    for (let count = 0; count < 5_000; count++) given += takeKoin(homeAt(home.path), faucetGift.koin)
    expect(given).toBe(faucetKoinInAll)
    const staked = 2n * localValidatorStake
    expect(given * 10n).toBeLessThanOrEqual(staked)
    // A third of all stake stops results, two thirds make them.
    expect(given * 3n).toBeLessThan(staked + given)
  }, 60_000)

  it('is enough for a registration each, and for many', () => {
    expect(faucetGift.koin).toBeGreaterThanOrEqual(10n * localSubnet.initialBurn)
    expect(faucetKoinInAll / faucetGift.koin).toBeGreaterThanOrEqual(100n)
  })

  it.each(['', 'x', '{}', '{"koinAtomic":5}', '{"koinAtomic":"-5"}', '{"koinAtomic":"1e3"}', 'null'])(
    'gives nothing when its book says %j',
    (text) => {
      writeFileSync(home.faucetBook, text)
      expect(takeKoin(home, 1n)).toBe(0n)
      rmSync(home.faucetBook)
      expect(takeKoin(home, 1n)).toBe(1n)
    },
  )
})
