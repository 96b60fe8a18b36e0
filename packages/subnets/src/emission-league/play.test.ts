import { beforeAll, describe, expect, it } from 'vitest'
import { emissionLeagueHtml } from './page.ts'
import { type EmissionLeagueReport, emissionAttacksNamed, runEmissionLeague } from './play.ts'
import { checkedEmissionWorld, defaultEmissionWorld, type EmissionWorldSettings } from './settings.ts'
import { emissionHeadline, emissionTables } from './words.ts'

const small: EmissionWorldSettings = { ...defaultEmissionWorld, daysBefore: 2, days: 4 }
const play = (world: EmissionWorldSettings, names?: readonly string[]): EmissionLeagueReport => {
  const run = runEmissionLeague(world, emissionAttacksNamed(names))
  for (;;) {
    const step = run.next()
    if (step.done === true) return step.value
  }
}

describe('the emission league', () => {
  let report: EmissionLeagueReport
  beforeAll(() => {
    report = play(small)
  }, 120_000)
  const cell = (attack: string, policy: string) => {
    const found = report.attacks.find(({ name }) => name === attack)?.cells.find((one) => one.policy === policy)
    if (found === undefined) throw new Error(`${attack} under ${policy}`)
    return found
  }

  it('shows what is wrong with prices: who does nothing takes many times what it brought', () => {
    expect(cell('quiet', 'priceEma').gainPpmPerDay).toBeGreaterThan(500_000)
    expect(cell('quiet', 'equal').gainPpmPerDay).toBeGreaterThan(500_000)
    expect(cell('many', 'priceEma').profit).toBeGreaterThan(cell('quiet', 'priceEma').profit)
  })

  it('shows what is wrong with flows: a drip is the only flow there is', () => {
    expect(cell('quiet', 'taoflow').profit <= 0n).toBe(true)
    expect(cell('drip', 'taoflow').gainPpmPerDay).toBeGreaterThan(500_000)
  })

  it('shows that capital alone is not enough while there is little of it', () => {
    expect(cell('capital', 'capitalOnly').gainPpmPerDay).toBeGreaterThan(100_000)
  })

  it('leaves at most 1 % a day to anybody under the default, and nothing to who trades for it', () => {
    for (const { name } of report.attacks) expect(cell(name, 'userCapital').gainPpmPerDay).toBeLessThan(10_000)
    expect(cell('wash', 'userCapital').profit < 0n).toBe(true)
    expect(cell('seller', 'userCapital').profit <= 0n).toBe(true)
    // A unit of capital brings the same wherever it stands.
    const [one, many] = [cell('quiet', 'userCapital'), cell('many', 'userCapital')]
    expect(many.gainPpmPerDay).toBeLessThanOrEqual(one.gainPpmPerDay * 1.02)
  })

  it('has every KOIN of the schedule in one place', () => {
    for (const { cells } of report.attacks)
      for (const { attackerSharePpm, honestSharePpm, recycledPpm } of cells) {
        expect(attackerSharePpm + honestSharePpm + recycledPpm).toBe(1_000_000)
        expect(Math.min(attackerSharePpm, honestSharePpm, recycledPpm)).toBeGreaterThanOrEqual(0)
      }
  })

  it('says so in words, in tables and on a page without scripts', () => {
    expect(emissionHeadline(report)).toMatch(/^Least is to be had under .*; most under /)
    const tables = emissionTables(report)
    expect(tables.map(({ rows }) => rows.length)).toEqual([7, 7, 7, 5])
    for (const { headings, rows } of tables) for (const row of rows) expect(row).toHaveLength(headings.length)
    const page = emissionLeagueHtml(report, 'koinon network sim --out "a.html"')
    expect(page).toContain('&quot;a.html&quot;')
    expect(page).toContain('<svg')
    expect(page).not.toMatch(/<script|https?:\/\//)
  })
})

describe('a world of the emission league', () => {
  it('is the same for the same seed', () => {
    const tiny = { ...small, days: 1, daysBefore: 0 }
    expect(play(tiny, ['quiet'])).toEqual(play(tiny, ['quiet']))
    expect(play({ ...tiny, seed: 'other' }, ['quiet']).attacks).not.toEqual(play(tiny, ['quiet']).attacks)
  }, 60_000)

  it('has bounds', () => {
    for (const wrong of [
      { days: 0 },
      { days: 1.5 },
      { daysBefore: -1 },
      { honest: [] },
      { attackersKoin: 0n },
      { minimumLock: 0n },
    ])
      expect(() => checkedEmissionWorld({ ...small, ...wrong })).toThrow(/world|attacker|lock/)
    expect(() => emissionAttacksNamed(['none'])).toThrow(/no attack "none"/)
  })
})
