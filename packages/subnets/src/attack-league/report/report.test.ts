import { describe, expect, it } from 'vitest'
import { aggregatorsNamed, attacksNamed, runLeague } from '../league.ts'
import type { LeagueReport } from '../league-report.ts'
import { defaultWorld } from '../settings.ts'
import { escaped, interval, percent, share } from './format.ts'
import { leagueHtml } from './page.ts'
import { decadeScale, evenScale } from './scale.ts'
import { finding, headline, standing } from './words.ts'

const report = play()
const html = leagueHtml(report, 'a <b>subnet</b> & "more"', 'koinon subnet sim --seed koinon')

function play(): LeagueReport {
  const run = runLeague({
    world: { ...defaultWorld, validators: 16, miners: 24, epochs: 30 },
    seeds: 5,
    attacks: attacksNamed(['copier-open', 'copier-sealed', 'collusion-above', 'under-weighter', 'sybil']),
    aggregators: aggregatorsNamed(['yuma2', 'yuma3']),
  })
  for (;;) {
    const step = run.next()
    if (step.done === true) return step.value
  }
}

describe('numbers', () => {
  it.each([
    [1.24, '+1.2 %'],
    [-53.2, '−53 %'],
    [0.04, '0.0 %'],
    [-0.04, '0.0 %'],
    [9.96, '+10 %'],
    [1_335.65, '+1,336 %'],
    [Number.POSITIVE_INFINITY, '+∞ %'],
  ])('%s reads %s', (value, text) => expect(percent(value).replace(/∞$/, '∞ %')).toBe(text))

  it('have intervals and shares in words', () => {
    expect(interval({ meanPercent: 0, lowPercent: -1.25, highPercent: 12.5, seeds: 3 })).toBe('−1.3 to +13 %')
    expect(
      interval({
        meanPercent: 1,
        lowPercent: Number.NEGATIVE_INFINITY,
        highPercent: Number.POSITIVE_INFINITY,
        seeds: 1,
      }),
    ).toMatch(/no interval/)
    expect([share(8_000), share(450_000), share(30_000)]).toEqual(['0.8 %', '45 %', '3 %'])
  })
})

describe('axes', () => {
  it('of gains grow tenfold a step and place values in order', () => {
    const scale = decadeScale([-20, 180], 0, 600)
    expect(scale.ticks).toEqual([-100, -10, -1, 0, 1, 10, 100, 1_000])
    const places = [-500, -100, -55, -10, -0.5, 0, 0.5, 9, 80, 1_000, 9_999].map(scale.place)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect([places[0], places.at(-1)]).toEqual([0, 600])
    expect([-101, -100, 1_000, 1_001].map(scale.isBeyond)).toEqual([true, false, false, true])
  })

  it('of small values are even and hold zero', () => {
    for (const values of [[1.1, -1.2], [0.2], [-45, -3], [0, 0], [900, 2]]) {
      const { ticks, isBeyond } = evenScale(values, 300, 0)
      expect(ticks).toContain(0)
      expect(ticks.length).toBeLessThan(10)
      expect(values.some(isBeyond)).toBe(false)
    }
  })
})

describe('words', () => {
  it('say plainly what pays, why, and what mends it', () => {
    const two = {
      ...report,
      attacks: report.attacks.filter(({ name }) => name === 'copier-open' || name === 'copier-sealed'),
    }
    expect(headline(two)).toBe('Of 2 attacks, 1 pays under every aggregator played and 1 pays under none.')
    const copier = report.attacks[0] as (typeof report.attacks)[number]
    expect(standing(copier)).toBe('pays')
    expect(finding(copier, report)[0]).toMatch(/^Pays under every aggregator \(\+.* %\)\. The median/)
    expect(finding(copier, report)[1]).toMatch(/^Mended by: commit and reveal/)
    const collusion = report.attacks[2] as (typeof report.attacks)[number]
    expect(finding(collusion, report).some((sentence) => /^(Mended|Not mended|Tried)/.test(sentence))).toBe(true)
  })

  it('do not call a single seed a finding', () => {
    const cells = [{ aggregator: 'yuma2', gain: undefined, verdict: 'unclear' as const }]
    const result = { ...(report.attacks[0] as (typeof report.attacks)[number]), cells, mends: [] }
    expect(standing(result)).toBe('unclear')
    expect(finding(result, report)).toHaveLength(1)
  })
})

describe('the page', () => {
  it('is whole: no script, no request to anywhere', () => {
    expect(html).not.toMatch(/<script|https?:|<link|<img|@import|url\(|\son\w+=/)
    expect(html.startsWith('<!doctype html>')).toBe(true)
    for (const tag of ['figure', 'svg', 'table', 'section', 'details', 'main', 'ul', 'div']) {
      const opened = html.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length
      expect(opened).toBe(html.match(new RegExp(`</${tag}>`, 'g'))?.length)
    }
  })

  it("writes strangers' words as text", () => {
    expect(html).toContain('<h1>Attack league: a &lt;b&gt;subnet&lt;/b&gt; &amp; &quot;more&quot;</h1>')
    expect(escaped('<a href="x">&')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;')
  })

  it('gives every drawing a name, a sentence and its numbers', () => {
    const figures = html.split('<figure').slice(1)
    expect(figures.length).toBe(4)
    for (const figure of figures) {
      expect(figure).toMatch(/<h3>[^<]+<\/h3><p>[^<]+<\/p>/)
      expect(figure).toMatch(/role="img" aria-labelledby="(\w+)-title \1-desc"/)
      expect(figure).toMatch(/<table><caption>/)
    }
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has no number that is none', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  it('leaves out what was not played', () => {
    const small = leagueHtml(
      { ...report, attacks: report.attacks.slice(3, 4), copierAges: { ...report.copierAges, curves: [] } },
      'x',
      'y',
    )
    expect(small.split('<figure').length - 1).toBe(1)
    expect(small).not.toContain('Copying weights')
  })
})
