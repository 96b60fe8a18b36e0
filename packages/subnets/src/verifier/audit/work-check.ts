import { type AuditCheck, eventsOf, isInScope, type Question, viewOf } from '@koinon/ledger/audit'
import { epochWindow } from '../../rules/index.ts'
import { replaySubnets } from './replay.ts'

/** Work was committed before the beacon that samples it was known (specs/0007 section 2). */
export const workCheck: AuditCheck = {
  name: 'work',
  compares: 'times and seats of work commitments, and that each beacon came once and after all of them',
  async run(source, tally, scope) {
    const subnets = new Map((await replaySubnets(source)).map((subnet) => [subnet.netuid, subnet]))
    const seen = new Set<string>()
    const questions: Question[] = []
    const drawn = new Map<string, { readonly block: number; readonly index: number }>()
    for (const { args, seconds, block, index } of eventsOf(source, 'work', 'BeaconDrawn')) {
      const subnet = subnets.get(args.netuid)
      const epoch = Number(args.epoch)
      if (subnet === undefined || !isInScope(scope, args.netuid, epoch)) continue
      const subject = { netuid: args.netuid, epoch }
      const key = `${args.netuid}/${epoch}`
      tally.holds(subject, 'beacons drawn', !drawn.has(key), 'one', 'two')
      drawn.set(key, { block, index })
      const opens = epochWindow(subnet.clock, epoch).workCommitEndsAtSeconds
      tally.holds(subject, 'second in which the beacon was drawn', seconds >= opens, `from ${opens} on`, seconds)
      const answer = viewOf(source, 'work', 'beaconOf', [args.netuid, args.epoch])
      questions.push({ subject, what: 'beacon', expected: args.beacon, answer })
    }
    await tally.answers(questions)
    for (const { args, seconds, block, index } of eventsOf(source, 'work', 'WorkCommitted')) {
      const subnet = subnets.get(args.netuid)
      const epoch = Number(args.epoch)
      if (subnet === undefined || !isInScope(scope, args.netuid, epoch)) continue
      const subject = { netuid: args.netuid, epoch, account: args.hotkey }
      const { endsAtSeconds, workCommitEndsAtSeconds } = epochWindow(subnet.clock, epoch)
      const inPhase = seconds >= endsAtSeconds && seconds < workCommitEndsAtSeconds
      tally.holds(
        subject,
        'second of the work commitment',
        inPhase,
        `${endsAtSeconds} to ${workCommitEndsAtSeconds - 1}`,
        seconds,
      )
      const seat = subnet.seatsAt(seconds).find(({ hotkey }) => hotkey === args.hotkey)
      // A seat may be lost in the second in which its work was committed.
      const before = subnet.seatsAt(seconds - 1).find(({ hotkey }) => hotkey === args.hotkey)
      tally.same(subject, 'place of the work commitment', (seat ?? before)?.uid ?? 'none', args.uid)
      const key = `${args.netuid}/${epoch}/${args.hotkey}`
      tally.holds(subject, 'work commitments', !seen.has(key), 'one', 'two')
      seen.add(key)
      const beacon = drawn.get(`${args.netuid}/${epoch}`)
      const isFirst = beacon === undefined || block < beacon.block || (block === beacon.block && index < beacon.index)
      tally.holds(
        subject,
        'work was committed before its beacon',
        isFirst,
        'before',
        `block ${block}, beacon ${beacon?.block}`,
      )
    }
  },
}
