/** The words of `koinon audit`. */
import type { CheckReport, Difference, Disagreement, Open, Subject } from '@koinon/ledger/audit'
import type { AuditOutcome } from '@koinon/node/audit'
import { auditCounts, auditVerdict, contradictionAdvice, noAnswerAdvice } from '@koinon/work/dashboard'
import { ppmPercent } from './format/percent.ts'
import type { CommandResult } from './runner.ts'
import { table } from './table.ts'

/** Of each list; --json has all. */
const shownLines = 40

/** What an audit found, for people; `isBad` when a figure differs. */
export function describeAudit(outcome: AuditOutcome): CommandResult {
  const { network, head, checks, differs } = outcome
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
    disagreed('validators contradict each other', contradictionAdvice, disagreementLines(checks, 'contradiction')),
    disagreed('probably slow or unreachable', noAnswerAdvice, disagreementLines(checks, 'noAnswer')),
    listed(
      'not checked',
      checks.flatMap((check) => openLines(check)),
    ),
    decentralizationText(outcome),
    `${auditVerdict({ ...outcome, outcome: outcome.replay }).words}: ${auditCounts(outcome)}`,
  ]
  return { data: outcome, text: parts.filter((part) => part !== '').join('\n\n'), isBad: differs > 0 }
}

function decentralizationText({ decentralization: report }: AuditOutcome): string {
  if (report === undefined) return ''
  const rows = report.layers.flatMap((layer) =>
    (['byAddress', 'byOwner', 'byEntity'] as const).map((by) => {
      const one = layer[by]
      return [
        layer.what,
        { byAddress: 'address', byOwner: 'owner', byEntity: `entity (${report.entitiesBy})` }[by],
        String(one.holders),
        String(one.nakamotoThird),
        String(one.nakamotoHalf),
        (one.giniPpm / 1_000_000).toFixed(3),
        String(one.herfindahl),
        (one.effectiveMilli / 1_000).toFixed(1),
        ppmPercent(one.topOnePpm),
      ]
    }),
  )
  const headings = ['layer', 'by', 'holders', 'hold 1/3', 'hold 1/2', 'Gini', 'HHI', 'effective', 'largest']
  const subnets = report.subnets.map(({ netuid, validators, owners, entities, agreementPpm }) => {
    const agreement = agreementPpm === undefined ? 'not comparable' : (agreementPpm / 1_000_000).toFixed(3)
    return `  subnet ${netuid}: ${validators} validators, ${owners} owners, ${entities} entities, agreement of their last rows ${agreement}`
  })
  const requirements = report.requirements.map(({ stage, name, state, detail }) => [stage, state, name, detail])
  const binding = report.binding === undefined ? '' : `; what is in the way: ${report.binding.detail}`
  return [
    'decentralization:',
    table(headings, rows),
    'Nothing is voted on in this version.',
    ...subnets,
    '',
    table(['stage', '', 'requirement', ''], requirements),
    `stage ${report.stage}${binding}`,
  ].join('\n')
}

function differenceLine({ name }: CheckReport, item: Difference): string {
  return `  ${name}: ${subjectOf(item)}${item.what}: computed ${item.expected}, found ${item.found}`
}

/** One line for each validator, each that judged what it did not, and miner. */
function disagreementLines(checks: readonly CheckReport[], kind: Disagreement['kind']): readonly string[] {
  const pairs = checks.flatMap(({ open }) =>
    open.flatMap(({ netuid, epoch, account, disagreement }) =>
      disagreement?.kind === kind
        ? disagreement.validators.map((other) => ({ netuid, epoch, account, other, ...disagreement }))
        : [],
    ),
  )
  const groups = Map.groupBy(pairs, ({ netuid, account, other, uid }) => `${netuid}/${account}/${other}/${uid}`)
  return [...groups.values()].map((items) => {
    const [{ netuid, account, other, uid, reason }] = items as [(typeof items)[number]]
    const answers = items.reduce((all, item) => all + item.answers, 0)
    const epochs = items.flatMap(({ epoch }) => epoch ?? []).sort((a, b) => a - b)
    const span =
      epochs.length > 1 ? `${epochs.length} epochs from ${epochs[0]} to ${epochs.at(-1)}` : `epoch ${epochs[0]}`
    const counted = `${answers} ${answers === 1 ? 'answer' : 'answers'}`
    return `  subnet ${netuid}, ${span}, miner uid ${uid}: ${account} did not judge ${counted} ("${reason}"), ${other} did`
  })
}

function disagreed(title: string, advice: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${listed(title, lines)}\n  ${advice}`
}

/** One line for all that was left open for the same reason. */
function openLines({ name, open }: CheckReport): readonly string[] {
  const groups = Map.groupBy(
    open.filter(({ disagreement }) => disagreement === undefined),
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
