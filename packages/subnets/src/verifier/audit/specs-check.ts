import { type AuditCheck, eventsOf, isInScope, viewOf } from '@koinon/ledger/audit'
import { updateDelayEpochs } from '../../rules/epoch-clock.ts'
import { epochAt } from '../../rules/index.ts'
import { epochsInScope, replaySubnets } from './replay.ts'

/** Which definition was in force when; nobody changes it without notice (specs/0010 section 1). */
export const specsCheck: AuditCheck = {
  name: 'specs',
  compares: 'the definition of each epoch, from announcements, with what the contract names',
  async run(source, tally, scope) {
    const subnets = new Map((await replaySubnets(source)).map((subnet) => [subnet.netuid, subnet]))
    for (const { args, seconds } of eventsOf(source, 'terms', 'SubnetUpdateAnnounced')) {
      const subnet = subnets.get(args.netuid)
      if (subnet === undefined || !isInScope(scope, args.netuid)) continue
      const due = epochAt(subnet.clock, seconds) + updateDelayEpochs
      tally.same({ netuid: args.netuid }, 'epoch from which an announced definition holds', BigInt(due), args.fromEpoch)
    }
    await tally.answers(
      (await epochsInScope(source, scope)).map(({ subnet: { netuid, specHashAt }, epoch }) => ({
        subject: { netuid, epoch },
        what: 'definition',
        expected: specHashAt(epoch),
        answer: viewOf(source, 'subnets', 'specHashAt', [netuid, BigInt(epoch)]),
      })),
    )
  },
}
