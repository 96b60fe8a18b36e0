/** The words of `koinon audit`. */
import type { CheckReport, Difference, Open, Subject } from '@koinon/ledger/audit'
import type { AuditOutcome } from '@koinon/node'
import type { CommandResult } from './runner.ts'
import { table } from './table.ts'

/** Of each list; --json has all. */
const shownLines = 40

/** What an audit found, for people; `isBad` when a figure differs. */
export function describeAudit(outcome: AuditOutcome): CommandResult {
  const { network, head, checks, agreed, differs, open } = outcome
  const rows = checks.map((check) => [
    check.name,
    String(check.agreed),
    String(check.differences.length),
    String(check.open.length),
    check.compares,
  ])
  const parts = [
    `${network.name} (chain ${network.chainId}) up to block ${head.block}, ${new Date(head.seconds * 1_000).toISOString().slice(0, 19)}Z`,
    table(['check', 'agree', 'differ', 'not checked', 'what was compared'], rows),
    listed(
      'DIFFERENT',
      checks.flatMap((check) => check.differences.map((item) => differenceLine(check, item))),
    ),
    listed('not checked', checks.flatMap(openLines)),
    differs === 0
      ? `nothing differs: ${agreed} figures agree, ${open} could not be checked`
      : `${differs} ${differs === 1 ? 'FIGURE DIFFERS' : 'FIGURES DIFFER'}; ${agreed} agree, ${open} could not be checked`,
  ]
  return { data: outcome, text: parts.filter((part) => part !== '').join('\n\n'), isBad: differs > 0 }
}

function differenceLine({ name }: CheckReport, item: Difference): string {
  return `  ${name}: ${subjectOf(item)}${item.what}: computed ${item.expected}, found ${item.found}`
}

/** One line for all that was left open for the same reason. */
function openLines({ name, open }: CheckReport): readonly string[] {
  const groups = Map.groupBy(
    open,
    (item: Open) => `${item.netuid ?? ''}/${item.account ?? ''}/${item.what}/${item.why}`,
  )
  return [...groups.values()].map((items) => {
    const [first] = items as [Open, ...Open[]]
    const epochs = items.flatMap(({ epoch }) => (epoch === undefined ? [] : [epoch])).sort((a, b) => a - b)
    const span = epochs.length > 1 ? `${epochs.length} epochs from ${epochs[0]} to ${epochs.at(-1)}, ` : ''
    const subject = subjectOf(span === '' ? first : withoutEpoch(first))
    return `  ${name}: ${subject}${span}${first.what}: ${first.why}`
  })
}

function withoutEpoch({ netuid, account }: Subject): Subject {
  return { ...(netuid === undefined ? {} : { netuid }), ...(account === undefined ? {} : { account }) }
}

function subjectOf({ netuid, epoch, account }: Subject): string {
  return [
    ...(netuid === undefined ? [] : [`subnet ${netuid}`]),
    ...(epoch === undefined ? [] : [`epoch ${epoch}`]),
    ...(account === undefined ? [] : [account]),
  ]
    .map((part) => `${part}, `)
    .join('')
}

function listed(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  const more = lines.length > shownLines ? [`  and ${lines.length - shownLines} more: see --json`] : []
  return [`${title}:`, ...lines.slice(0, shownLines), ...more].join('\n')
}
