import { type AuditCheck, isInScope, viewOf } from '@koinon/ledger/audit'
import { economyOf } from './economy/economy.ts'
import type { AnnouncedPermit } from './economy/permit-book.ts'
import { epochsInScope } from './replay.ts'

/** Who may validate, and the denominator of every quorum (specs/0014-pools.md section 5). */
export const permitsCheck: AuditCheck = {
  name: 'permits',
  compares:
    'permitted stake from who seeks a permit, seats, weights and the minimum with what the contract announces and remembers',
  async run(source, tally, scope) {
    const economy = await economyOf(source)
    if ('problem' in economy) return tally.open({}, 'permits', economy.problem)
    const { permits } = economy
    const announced = permits.announced.filter(({ netuid }) => isInScope(scope, netuid))
    // Only the last of a second is one that anybody can look at.
    for (const { netuid, hotkey, seconds, permitted } of lastOf(announced, ({ hotkey }) => hotkey)) {
      const own = permits.permittedAt(netuid, seconds).find((one) => one.hotkey === hotkey)?.stake ?? 0n
      tally.same({ netuid, account: hotkey }, `permitted stake at second ${seconds}`, own, permitted)
    }
    for (const { netuid, seconds, total } of lastOf(announced, () => ''))
      tally.same({ netuid }, `permitted stake of all at second ${seconds}`, permits.totalAt(netuid, seconds), total)
    const epochs = await epochsInScope(source, scope)
    await tally.answers(
      epochs.map(({ subnet: { netuid }, epoch, window }) => ({
        subject: { netuid, epoch },
        what: 'permitted stake at its start',
        expected: permits.totalAt(netuid, window.startsAtSeconds),
        answer: viewOf(source, 'permits', 'totalPermittedStakeAt', [netuid, BigInt(window.startsAtSeconds)]),
      })),
    )
  },
}

function lastOf(
  announced: readonly AnnouncedPermit[],
  whose: (one: AnnouncedPermit) => string,
): Iterable<AnnouncedPermit> {
  return new Map(announced.map((one) => [`${one.netuid}/${one.seconds}/${whose(one)}`, one])).values()
}
