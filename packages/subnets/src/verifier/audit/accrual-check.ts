import { type AuditCheck, type AuditSource, eventsOf, viewOf } from '@koinon/ledger/audit'
import { accruedUntil, type Schedule } from './accrual.ts'
import { epochsInScope, replaySubnets } from './replay.ts'

/** How much each subnet could ever be paid (specs/0010 section 4). */
export const accrualCheck: AuditCheck = {
  name: 'accrual',
  compares: 'emission of each epoch, from the schedule and geneses, with what the contract accrued',
  async run(source, tally, scope) {
    const schedule = await readSchedule(source)
    if (schedule === undefined) return tally.open({}, 'accrual', 'the constants of the schedule cannot be read')
    for (const { args } of eventsOf(source, 'emission', 'SubnetEntered'))
      tally.same(
        { netuid: args.netuid },
        'genesis that the schedule counts from',
        schedule.geneses[args.netuid - 1] ?? 'none',
        BigInt(args.genesis),
      )
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

/** The schedule of a network: geneses from events, constants as deployed; undefined when these cannot be read. */
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
    geneses: replaySubnets(source).map(({ clock }) => BigInt(clock.genesisSeconds)),
  }
}
