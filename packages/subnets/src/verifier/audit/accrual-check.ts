import { type AuditCheck, type AuditSource, eventsOf, viewOf } from '@koinon/ledger/audit'
import { accruedUntil, type Schedule, splitChanges } from './accrual.ts'
import { epochsInScope, replaySubnets } from './replay.ts'

/** How much each subnet could ever be paid (specs/0010 section 4). */
export const accrualCheck: AuditCheck = {
  name: 'accrual',
  compares: 'emission of each epoch, from the schedule and who lived when, with what the contract accrued',
  async run(source, tally, scope) {
    const schedule = await readSchedule(source)
    if (schedule === undefined) return tally.open({}, 'accrual', 'the constants of the schedule cannot be read')
    const changes = splitChanges(schedule)
    for (const { args } of eventsOf(source, 'emission', 'SplitChanged')) {
      const change = changes[Number(args.index)]
      tally.same({}, `second of change ${args.index} of the split`, change?.since ?? 'none', BigInt(args.since))
      tally.same({}, `subnets from change ${args.index} on`, change?.living ?? 'none', args.living)
    }
    await tally.answers(
      epochsInScope(source, scope).map(({ subnet: { netuid }, epoch, window }) => ({
        subject: { netuid, epoch },
        what: 'accrued until its end',
        expected: accruedUntil(schedule, netuid, BigInt(window.endsAtSeconds)),
        answer: viewOf(source, 'emission', 'accrued', [netuid, BigInt(epoch + 1)]),
      })),
    )
  },
}

/** The schedule of a network: who lived when from events, constants as deployed; undefined when these cannot be read. */
export async function readSchedule(source: AuditSource): Promise<Schedule | undefined> {
  const [rate, halving, startsAt] = await Promise.all([
    viewOf(source, 'emission', 'emissionPerSecond', []),
    viewOf(source, 'emission', 'halvingSeconds', []),
    viewOf(source, 'emission', 'startsAt', []),
  ])
  if ('problem' in rate || 'problem' in halving || 'problem' in startsAt) return undefined
  return {
    emissionPerSecond: rate.value,
    halvingSeconds: halving.value,
    startsAtSeconds: BigInt(startsAt.value),
    lives: replaySubnets(source).map(({ clock, dissolvedAtSeconds }) => ({
      from: BigInt(clock.genesisSeconds),
      ...(dissolvedAtSeconds === undefined ? {} : { to: BigInt(dissolvedAtSeconds) }),
    })),
  }
}
