/** What the league found, in sentences. */
import type { AttackResult, Cell, LeagueReport, MendResult } from '../league-report.ts'
import { interval, percent } from './format.ts'

/** Pays, does not, or depends: for the head of an attack's section. */
export function standing({ cells }: AttackResult): 'pays' | 'depends' | 'does not pay' | 'unclear' {
  const paying = cells.filter(({ verdict }) => verdict === 'profitable').length
  if (paying === cells.length) return 'pays'
  if (paying > 0) return 'depends'
  return cells.every(({ verdict }) => verdict === 'not profitable') ? 'does not pay' : 'unclear'
}

/** Where it pays and why, where it fails and why; no jargon beyond the aggregators' names. */
export function finding(result: AttackResult, report: LeagueReport): readonly string[] {
  const title = (cell: Cell): string =>
    report.aggregators.find(({ name }) => name === cell.aggregator)?.title ?? cell.aggregator
  const paying = result.cells.filter(({ verdict }) => verdict === 'profitable')
  const failing = result.cells.filter(({ verdict }) => verdict === 'not profitable')
  const unclear = result.cells.filter(({ verdict }) => verdict === 'unclear')
  const where = (cells: readonly Cell[], all = 'every aggregator'): string =>
    cells.length === result.cells.length && cells.length > 1 ? all : listed(cells.map(title))
  return [
    ...(paying.length === 0 ? [] : [`Pays under ${where(paying)} (${span(paying)}). ${result.reason}`]),
    ...(failing.length === 0
      ? []
      : [`Does not pay under ${where(failing, 'any aggregator')} (${span(failing)}). ${result.failure}`]),
    ...(unclear.length === 0
      ? []
      : report.seeds === 1
        ? [`Unclear under ${where(unclear)} (${span(unclear)}): one seed gives no interval. Give --seeds 2 or more.`]
        : [
            `Unclear under ${where(unclear)}: the interval holds half a percent, or honest play earns nothing. More seeds tell.`,
          ]),
    ...(paying.length > 0 && result.mends.length === 0
      ? ['No rule over rows and stakes that the league knows mends it.']
      : result.mends.map(mendSentence)),
  ]
}

export function mendSentence({ title, after, verdict, but }: MendResult): string {
  if (after === undefined) return `Tried: ${title}. Honest play then earns nothing, so there is nothing to compare.`
  const figures = `${percent(after.meanPercent)} (${interval(after)})`
  if (verdict === 'not profitable')
    return `Mended by: ${title}. The attack then earns ${figures} against honest play. ${but}`.trimEnd()
  return verdict === 'profitable'
    ? `Not mended by: ${title}. The attack still earns ${figures}.`
    : `Tried: ${title}. The attack then earns ${figures}: unclear.`
}

/** One sentence over all. */
export function headline({ attacks }: LeagueReport): string {
  const count = (kind: ReturnType<typeof standing>): number =>
    attacks.filter((attack) => standing(attack) === kind).length
  const parts = [
    [count('pays'), 'pays', 'pay', 'under every aggregator played'],
    [count('depends'), 'pays', 'pay', 'under some'],
    [count('does not pay'), 'pays', 'pay', 'under none'],
    [count('unclear'), 'is', 'are', 'unclear'],
  ] as const
  const said = parts.flatMap(([number, one, many, rest]) =>
    number === 0 ? [] : [`${number} ${number === 1 ? one : many} ${rest}`],
  )
  return `Of ${attacks.length} attacks, ${listed(said)}.`
}

export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

function span(cells: readonly Cell[]): string {
  const means = cells.flatMap(({ gain }) => (gain === undefined ? [] : [gain.meanPercent]))
  if (means.length === 0) return 'nothing to compare'
  const [low, high] = [percent(Math.min(...means)), percent(Math.max(...means))]
  return low === high ? low : `${low.replace(' %', '')} to ${high}`
}
