import type { Address, Hex } from '@koinon/base'
import { type AuditCheck, type AuditSource, eventsOf, type Subject, type Tally } from '@koinon/ledger/audit'
import { checkEvidenceLog, type EvidenceLog, packRow, parseEvidenceLog, type Subnet } from '../../rules/index.ts'
import { upscaleScores } from '../../rules/weight-row.ts'
import { epochsInScope, type ReplayedSubnet } from './replay.ts'

/** The definition that a spec hash names, where it is at hand. */
export type DefinitionOf = (specHash: Hex) => Subnet | undefined

const unreachable = 'it cannot be reached'
/** After so many epochs without an answer the rest is not asked for. */
const patience = 3

/** Rows follow from the scores that validators publish, and scores from the evidence behind them (specs/0007 section 3). */
export function createEvidenceCheck(definitionOf: DefinitionOf): AuditCheck {
  return {
    name: 'evidence',
    compares: "each validator's published scores with the row it revealed, and with its evidence",
    async run(source, tally, scope) {
      const rows = new Map(
        eventsOf(source, 'weights', 'WeightsRevealed').map(({ args }) => [
          `${args.netuid}/${args.epoch}/${args.hotkey}`,
          args.row,
        ]),
      )
      const beacons = new Map(
        eventsOf(source, 'work', 'BeaconDrawn').map(({ args }) => [`${args.netuid}/${args.epoch}`, args.beacon]),
      )
      // Newest first: old logs are thrown away, and who is gone is noticed at once.
      const revealed = epochsInScope(source, scope)
        .toReversed()
        .flatMap(({ subnet, epoch, window }) =>
          subnet.permittedAt(window.startsAtSeconds).flatMap(({ hotkey }) => {
            const row = rows.get(`${subnet.netuid}/${epoch}/${hotkey}`)
            return row === undefined
              ? []
              : [{ subnet, epoch, hotkey, row, beacon: beacons.get(`${subnet.netuid}/${epoch}`) }]
          }),
        )
      const byValidator = Map.groupBy(revealed, ({ subnet, hotkey }) => `${subnet.netuid}/${hotkey}`)
      await Promise.all([...byValidator.values()].map((list) => checkValidator(source, tally, list, definitionOf)))
    },
  }
}

type Revealed = {
  readonly subnet: ReplayedSubnet
  readonly epoch: number
  readonly hotkey: Address
  readonly row: Hex
  readonly beacon: Hex | undefined
}

async function checkValidator(
  source: AuditSource,
  tally: Tally,
  revealed: readonly Revealed[],
  definitionOf: DefinitionOf,
) {
  let silent = 0
  for (const [index, one] of revealed.entries()) {
    const { subnet, epoch, hotkey } = one
    const subject = { netuid: subnet.netuid, epoch, account: hotkey }
    const url = logUrl(subnet.endpointAt(hotkey, source.head.seconds), subnet.netuid, epoch)
    const answer = url === undefined ? { problem: 'no http(s) endpoint is registered' } : await source.document(url)
    if ('value' in answer) {
      silent = 0
      checkLog(tally, subject, one, answer.value, definitionOf)
      continue
    }
    tally.open(subject, 'published scores', answer.problem)
    if (answer.problem === unreachable && ++silent === patience) {
      for (const { epoch: skipped } of revealed.slice(index + 1))
        tally.open({ ...subject, epoch: skipped }, 'published scores', unreachable)
      return
    }
  }
}

function checkLog(
  tally: Tally,
  subject: Required<Subject>,
  one: Revealed,
  text: string,
  definitionOf: DefinitionOf,
): void {
  const { subnet, row, beacon } = one
  let log: EvidenceLog
  try {
    log = parseEvidenceLog(text)
  } catch (error) {
    tally.holds(subject, 'published log', false, 'well formed', (error as Error).message)
    return
  }
  const { netuid, epoch, account } = subject
  const specHash = subnet.specHashAt(epoch)
  tally.same(
    subject,
    'whose log of which epoch it is',
    `${netuid}/${epoch}/${account}`,
    `${log.netuid}/${log.epoch}/${log.validator}`,
  )
  tally.same(subject, 'beacon of the log', beacon ?? 'not drawn', log.beacon)
  tally.same(subject, 'definition of the log', specHash, log.specHash)
  tally.same(subject, 'row of the log', row, log.row)
  tally.same(subject, 'row that the published scores give', rowOf(log), row)
  const definition = definitionOf(specHash)
  if (definition === undefined) return tally.open(subject, 'scores', 'the definition of the subnet is not at hand')
  for (const check of checkEvidenceLog(definition, specHash, log))
    tally.holds(
      subject,
      `${check.name} from the published evidence`,
      check.state === 'pass',
      'as published',
      check.detail,
    )
}

function rowOf({ scores }: EvidenceLog): string {
  try {
    return packRow(upscaleScores(scores.map(({ uid, combinedPpm }) => ({ uid, score: BigInt(combinedPpm) }))))
  } catch (error) {
    return (error as Error).message
  }
}

/** Undefined for what no honest validator registers. */
function logUrl(endpoint: string, netuid: number, epoch: number): string | undefined {
  if (!URL.canParse(endpoint)) return undefined
  const { protocol, origin, pathname, username, password } = new URL(endpoint)
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return undefined
  return `${origin}${pathname.replace(/\/$/, '')}/v1/evidence-log/${netuid}/${epoch}`
}
