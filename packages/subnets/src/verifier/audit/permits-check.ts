import type { Address } from '@koinon/base'
import { type AuditCheck, eventsOf, isInScope, viewOf } from '@koinon/ledger/audit'
import { epochsInScope, replaySubnets } from './replay.ts'

/** Who may validate, and the denominator of every quorum (specs/0010 section 3). */
export const permitsCheck: AuditCheck = {
  name: 'permits',
  compares: 'permitted stake from registrations, stakes and the minimum with what the contract announces and remembers',
  async run(source, tally, scope) {
    for (const { netuid, permittedAt } of replaySubnets(source)) {
      if (!isInScope(scope, netuid)) continue
      const announced = eventsOf(source, 'staking', 'PermittedStakeChanged').filter(
        ({ args }) => args.netuid === netuid,
      )
      const sums = new Map<Address, bigint>()
      announced.forEach(({ args, block, seconds }, index) => {
        sums.set(args.hotkey, args.permittedStake)
        const sum = [...sums.values()].reduce((all, stake) => all + stake, 0n)
        tally.same(
          { netuid, account: args.hotkey },
          `all permitted stake after block ${block}`,
          sum,
          args.totalPermittedStake,
        )
        // Only the last of a second is one that anybody can look at.
        for (let next = index + 1; announced[next]?.seconds === seconds; next++)
          if (announced[next]?.args.hotkey === args.hotkey) return
        const own = permittedAt(seconds).find(({ hotkey }) => hotkey === args.hotkey)?.stake ?? 0n
        tally.same({ netuid, account: args.hotkey }, `permitted stake after block ${block}`, own, args.permittedStake)
      })
    }
    await tally.answers(
      epochsInScope(source, scope).map(({ subnet: { netuid, permittedAt }, epoch, window }) => ({
        subject: { netuid, epoch },
        what: 'permitted stake at its start',
        expected: permittedAt(window.startsAtSeconds).reduce((sum, { stake }) => sum + stake, 0n),
        answer: viewOf(source, 'staking', 'totalPermittedStakeAt', [netuid, BigInt(window.startsAtSeconds)]),
      })),
    )
  },
}
