/** The league's report as one HTML file: no script, no request, light and dark. */
import type { Verdict } from '../gain.ts'
import type { AttackResult, LeagueReport } from '../league-report.ts'
import type { WorldSettings } from '../settings.ts'
import { agesChart, copierChart } from './chart-copier.ts'
import { mendsChart } from './chart-mends.ts'
import { overviewChart } from './chart-overview.ts'
import { escaped, grouped, interval, percent, share, verdictWords } from './format.ts'
import { style } from './style.ts'
import { finding, headline, standing } from './words.ts'

const tones: Readonly<Record<ReturnType<typeof standing> | Verdict, 'bad' | 'good' | 'unsure'>> = {
  pays: 'bad',
  depends: 'bad',
  'does not pay': 'good',
  unclear: 'unsure',
  profitable: 'bad',
  'not profitable': 'good',
}

/** `subject` is what was attacked, `command` what a reader types to get the same bytes. */
export function leagueHtml(report: LeagueReport, subject: string, command: string): string {
  const { world, seeds, attacks } = report
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escaped(`Attack league: ${subject}`)}</title><style>${style}</style></head><body><main>`,
    `<header><h1>${escaped(`Attack league: ${subject}`)}</h1>`,
    `<p class="lead">${escaped(headline(report))}</p>`,
    `<p class="soft">${escaped(`Every attack was played in ${seeds} worlds of ${world.validators} validators and ${world.miners} miners over ${grouped(String(world.epochs))} epochs each, and compared with what the same player earns by honest work in the same world.`)}</p></header>`,
    '<h2>The table</h2>',
    verdictTable(report),
    overviewChart(report),
    ...withHeading('Copying weights', [copierChart(report), agesChart(report)]),
    ...withHeading('Mends', [mendsChart(report)]),
    ...behaviourSection(report),
    '<h2>Attack by attack</h2>',
    ...attacks.map((attack) => attackCard(attack, report)),
    '<h2>How this was measured</h2>',
    method(report, command),
    '</main></body></html>\n',
  ].join('\n')
}

function verdictTable({ attacks, aggregators }: LeagueReport): string {
  const head = ['Attack', ...aggregators.map(({ title }) => title)]
    .map((title) => `<th scope="col">${escaped(title)}</th>`)
    .join('')
  const rows = attacks.map(({ title, cells }) => {
    const shown = cells.map(({ gain, verdict }) =>
      gain === undefined
        ? `<td class="verdict unsure">nothing to compare</td>`
        : `<td class="verdict ${tones[verdict]}"><b>${percent(gain.meanPercent)}</b>${verdictWords(verdict)}<br><small>${interval(gain)}</small></td>`,
    )
    return `<tr><th scope="row">${escaped(title)}</th>${shown.join('')}</tr>`
  })
  return `<div class="scroll" tabindex="0" role="region" aria-label="Gains by attack and aggregator"><table><caption>Gain over honest play, mean and 95 % interval. An attack pays when the whole interval lies above half a percent.</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function attackCard(result: AttackResult, report: LeagueReport): string {
  const kind = standing(result)
  const who = [
    ...(result.stakePpm > 0 ? [`${share(result.stakePpm)} of the stake`] : []),
    ...(result.miners > 0 ? [`${result.miners} of ${report.world.miners} miners`] : []),
  ]
  const items = finding(result, report).map((sentence) => `<li>${escaped(sentence)}</li>`)
  return `<section class="card" id="${escaped(result.name)}"><h3>${escaped(result.title)} <span class="chip ${tones[kind]}">${kind}</span></h3><p>${escaped(result.hope)}</p><p class="soft">The player has ${escaped(who.join(' and ') || 'the subnet itself')}.</p><ul>${items.join('')}</ul></section>`
}

function behaviourSection({ behaviours }: LeagueReport): readonly string[] {
  if (behaviours.length === 0) return []
  const rows = behaviours.map(
    ({ title, about, scorePpm }) =>
      `<tr><th scope="row">${escaped(title)}</th><td>${escaped(about)}</td><td>${share(scorePpm)}</td></tr>`,
  )
  return [
    "<h2>What the subnet's own score says</h2>",
    `<div class="scroll" tabindex="0" role="region" aria-label="Scores by behaviour"><table><caption>Mean score of answers by the functions of the file, of 100 %.</caption><thead><tr><th scope="col">Answers</th><th scope="col">How they are made</th><th scope="col">Score</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
  ]
}

function method({ world, seeds, aggregators, epochsPlayed }: LeagueReport, command: string): string {
  const facts: readonly (readonly [string, string])[] = [
    [
      'Worlds',
      `${seeds} a cell, seeds ${world.seed}/0 to ${world.seed}/${seeds - 1}; ${grouped(String(epochsPlayed))} epochs in all`,
    ],
    ['Stake', stakeWords[world.stakes]],
    [
      'Honest validators',
      `err by ${share(world.noisePpm)} about a miner in an epoch${world.missPpm > 0 ? ` and miss ${share(world.missPpm)} of the miners` : ''}`,
    ],
    [
      'Miners',
      `change by ${share(world.driftPpm)} an epoch; serving at full quality costs ${share(world.workCostPpm)} of an average pay`,
    ],
    [
      'A seat',
      `costs ${(world.seatPriceMilli / 1000).toFixed(1)} average pays, x1.26 with each registration, halved each epoch`,
    ],
    ...aggregators.map(({ title, about }) => [title, about] as const),
  ]
  const list = facts.map(([term, detail]) => `<dt>${escaped(term)}</dt><dd>${escaped(detail)}</dd>`).join('')
  return `<div class="card"><p>Gain = profit of the attack over profit of honest play by the same player in a world with the same seed, less one; profit is what was earned less seats and work that were paid for, per unit of stake and epoch where the player has stake. What a lazy validator saves by not looking at miners is not counted. Consensus, bonds and pay are computed by the integer engine that settles real epochs; only the averages and intervals on this page are rounded.</p><dl class="facts">${list}<dt>Again</dt><dd><code>${escaped(command)}</code></dd></dl></div>`
}

const stakeWords: Readonly<Record<WorldSettings['stakes'], string>> = {
  equal: 'every validator has as much as the next',
  zipf: 'the k-th validator has 1/k of the first',
  whale: 'the first validator has half of all',
}

function withHeading(heading: string, figures: readonly string[]): readonly string[] {
  const shown = figures.filter((figure) => figure !== '')
  return shown.length === 0 ? [] : [`<h2>${escaped(heading)}</h2>`, ...shown]
}
