import { seatRuleBounds } from '@koinon/ledger'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { changedRules, rulesJson, rulesOf, withRuleOptions } from './rule-options.ts'

const unit = 10n ** 18n
const now = {
  minBurn: unit / 10n,
  maxBurn: 100n * unit,
  burnHalfLifeSeconds: 600,
  immunitySeconds: 600,
  noticeSeconds: 300,
  maxRegistrationsPerEpoch: 64,
}

describe('the options about rules of seats', () => {
  it('tell bounds and what a rule is unless said', () => {
    const help = withRuleOptions(new Command(), { immunitySeconds: '10 epochs' }).helpInformation().replace(/\s+/g, ' ')
    expect(help).toContain('--min-burn <koin> least price of a seat, 0.0005 KOIN to 1000 KOIN')
    expect(help).toContain('0 s to 2592000 s (default: 10 epochs)')
    expect(help).toContain('--registrations <n> seats sold in an epoch at most, 1 to 256')
    expect(help.match(/ to /g)).toHaveLength(Object.keys(seatRuleBounds).length + 1)
  })

  it('change what was given, and nothing else', () => {
    expect(rulesOf({}, now)).toEqual(now)
    const then = rulesOf({ minBurn: '0.25', immunity: '0' }, now)
    expect(then).toEqual({ ...now, minBurn: unit / 4n, immunitySeconds: 0 })
    expect(changedRules(now, then)).toEqual([
      ['least price of a seat', '0.1 KOIN, then 0.25 KOIN'],
      ['time in which nobody may claim a new seat', '600 s, then 0 s'],
    ])
    expect(changedRules(now, now)).toEqual([])
    expect(rulesJson(then)).toMatchObject({ minBurnAtomic: `${unit / 4n}`, immunitySeconds: 0 })
  })

  it('refuse what the ledger would', () => {
    expect(() => rulesOf({ maxBurn: '1000.1' }, now)).toThrow(
      '--max-burn takes 0.0005 KOIN to 1000 KOIN, not 1000.1 KOIN',
    )
    expect(() => rulesOf({ minBurn: '5', maxBurn: '4' }, now)).toThrow('4 KOIN, is below the least, 5 KOIN')
    expect(() => rulesOf({ registrations: '257' }, now)).toThrow('--registrations')
    expect(() => rulesOf({ halfLife: '1.5' }, now)).toThrow('--half-life')
    expect(() => rulesOf({ minBurn: 'much' }, now)).toThrow('much')
  })
})
