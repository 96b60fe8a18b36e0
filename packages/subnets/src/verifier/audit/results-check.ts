import { bytesToHex, type Hex, zeroHash } from '@koinon/base'
import {
  type AuditCheck,
  type AuditSource,
  eventsOf,
  isInScope,
  type Question,
  type Tally,
  viewOf,
} from '@koinon/ledger/audit'
import { epochWindow, type ResultDomain, resultDigest } from '../../rules/index.ts'
import { isReproduced, type RecomputedRoot } from './recomputed-roots.ts'

/** Roots are what rows and stakes give, and came about as the contract demands (specs/0007 sections 5 and 6). */
export function createResultsCheck(rootsOf: (source: AuditSource) => Promise<readonly RecomputedRoot[]>): AuditCheck {
  return {
    name: 'results',
    compares: 'each root, its total, inputs and record computed again, its quorum and times',
    async run(source, tally, scope) {
      const { chainId, contracts } = source.network
      const domain: ResultDomain = { chainId, epochsContract: contracts.epochs }
      const roots = (await rootsOf(source)).filter(({ subnet, epoch }) => isInScope(scope, subnet.netuid, epoch))
      const unbonding = await viewOf(source, 'staking', 'unbondingSeconds', [])
      for (const root of roots) {
        checkForm(tally, root, domain)
        if ('value' in unbonding) checkReach(tally, root, unbonding.value)
        else
          tally.open(
            { netuid: root.subnet.netuid, epoch: root.epoch },
            'activation within the unbonding',
            unbonding.problem,
          )
        if (root.disabled === undefined) checkStanding(tally, root)
        else checkDisabled(tally, root)
      }
      await tally.answers(
        roots.filter(({ disabled }) => disabled === undefined).map((root) => keptQuestion(source, root)),
      )
      const submitted = new Set(roots.map((root) => root.submitted.args.resultHash))
      for (const { args } of eventsOf(source, 'epochs', 'RootDisabled', 'RootOverturned'))
        if (isInScope(scope, args.netuid, Number(args.epoch)))
          tally.holds(
            { netuid: args.netuid, epoch: Number(args.epoch) },
            'a disabled root was submitted',
            submitted.has(args.resultHash),
            args.resultHash,
            'never submitted',
          )
    },
  }
}

/** What holds for every submission, also one that was disabled later. */
function checkForm(
  tally: Tally,
  { subnet, epoch, submitted, previous, validators }: RecomputedRoot,
  domain: ResultDomain,
): void {
  const { netuid, clock } = subnet
  const { args, seconds } = submitted
  const subject = { netuid, epoch }
  const result = { ...args.result, netuid: Number(args.result.netuid), epoch: Number(args.result.epoch) }
  tally.same(subject, 'digest of the result', bytesToHex(resultDigest(domain, result)), args.resultHash)
  tally.same(subject, 'epoch that the result is about', `${netuid}/${epoch}`, `${result.netuid}/${result.epoch}`)
  const opens = epochWindow(clock, epoch).revealEndsAtSeconds
  tally.holds(subject, 'second of the submission', seconds >= opens, `from ${opens} on`, seconds)
  tally.same(subject, 'second of the activation', seconds + clock.activationDelaySeconds, args.activatesAt)
  const permitted = validators.reduce((sum, { stake }) => sum + stake, 0n)
  tally.same(subject, 'permitted stake of the quorum', permitted, args.totalPermittedStake)
  tally.holds(
    subject,
    'signed stake',
    args.signedStake * 3n > permitted * 2n && args.signedStake <= permitted,
    `more than 2/3 of ${permitted}`,
    args.signedStake,
  )
  tally.same(subject, 'result that it builds on', previous?.submitted.args.resultHash ?? zeroHash, result.previousHash)
  if (previous === undefined) return
  tally.holds(subject, 'order of roots', epoch > previous.epoch, `after epoch ${previous.epoch}`, epoch)
  const active = previous.activatesAt
  tally.holds(subject, 'the root before was active', seconds >= active, `from ${active} on`, seconds)
}

/** Stake that signed must not be gone before the root is active. */
function checkReach(tally: Tally, { subnet, epoch, submitted }: RecomputedRoot, unbondingSeconds: number): void {
  const { activatesAt } = submitted.args
  const last = epochWindow(subnet.clock, epoch).startsAtSeconds + unbondingSeconds
  const subject = { netuid: subnet.netuid, epoch }
  tally.holds(subject, 'activation within the unbonding', activatesAt <= last, `up to ${last}`, activatesAt)
}

/** What the contract keeps of a root, or the event says of it. */
type Kept = {
  readonly root: Hex
  readonly minersTotal: bigint
  readonly dividendsTotal: bigint
  readonly activatesAt: number
  readonly resultHash: Hex
}

function checkStanding(tally: Tally, root: RecomputedRoot): void {
  const { subnet, epoch, computed, submitted } = root
  const { result } = submitted.args
  const subject = { netuid: subnet.netuid, epoch }
  tally.same(subject, 'definition', subnet.specHashAt(epoch), result.specHash)
  if ('problem' in computed) tally.open(subject, 'root, total and record', computed.problem)
  else {
    tally.same(subject, 'root of the seats', computed.result.root, result.root)
    tally.same(subject, 'paid to all miners', computed.result.minersTotal, result.minersTotal)
    tally.same(subject, 'paid as dividends', computed.result.dividendsTotal, result.dividendsTotal)
    tally.same(subject, 'stakes and rows', computed.result.validatorsHash, result.validatorsHash)
    tally.same(subject, 'carried state', computed.result.carryHash, result.carryHash)
    if (isReproduced(root)) tally.same(subject, 'hash of the record', computed.result.dataHash, result.dataHash)
  }
}

function keptQuestion(source: AuditSource, root: RecomputedRoot): Question {
  const { subnet, epoch, submitted, activatesAt } = root
  const { netuid } = subnet
  const { result, resultHash } = submitted.args
  const words = (kept: Kept): string =>
    `${kept.root} of ${kept.minersTotal} and ${kept.dividendsTotal}, active at ${kept.activatesAt}, ${kept.resultHash}`
  const stored = viewOf(source, 'epochs', 'rootOf', [netuid, submitted.args.epoch])
  return {
    subject: { netuid, epoch },
    what: 'root that the contract keeps',
    expected: words({ ...result, activatesAt, resultHash }),
    answer: stored.then((answer) => ('value' in answer ? { value: words(answer.value) } : answer)),
  }
}

function checkDisabled(tally: Tally, { subnet, epoch, submitted, disabled, validators }: RecomputedRoot): void {
  if (disabled === undefined) return
  const subject = { netuid: subnet.netuid, epoch }
  const active = submitted.args.activatesAt
  tally.holds(subject, 'second of its end', disabled.seconds < active, `before ${active}`, disabled.seconds)
  if (disabled.name === 'RootOverturned') return
  const { objectingStake } = disabled.args
  const permitted = validators.reduce((sum, { stake }) => sum + stake, 0n)
  tally.holds(
    subject,
    'objecting stake',
    objectingStake * 3n > permitted && objectingStake <= permitted,
    `more than 1/3 of ${permitted}`,
    objectingStake,
  )
}
