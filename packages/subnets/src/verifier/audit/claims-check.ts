import type { Address } from '@koinon/base'
import { type AuditCheck, type AuditSource, eventsOf, isInScope, viewOf } from '@koinon/ledger/audit'
import { epochWindow, type HeldSeat, type SeatClaim, seatClaims } from '../../rules/index.ts'
import { isReproduced, type RecomputedRoot } from './recomputed-roots.ts'

/** Every payment is what an active root owed and was owed nothing else (specs/0007 section 6). */
export function createClaimsCheck(rootsOf: (source: AuditSource) => Promise<readonly RecomputedRoot[]>): AuditCheck {
  return {
    name: 'claims',
    compares: 'each payment with the word of its seat in the root, with what was paid before, with what was minted',
    async run(source, tally, scope) {
      const roots = new Map(
        (await rootsOf(source))
          .filter(({ disabled }) => disabled === undefined)
          .map((root) => [`${root.subnet.netuid}/${root.epoch}`, root]),
      )
      const emitted = eventsOf(source, 'emission', 'Emitted')
      const claims = eventsOf(source, 'epochs', 'Claimed')
      tally.same({}, 'payments that were minted', claims.length, emitted.length)
      const accounts = new Map<
        string,
        { readonly netuid: number; readonly account: Address; readonly sinceSeconds: number | undefined; paid: bigint }
      >()
      const subnets = new Map<number, bigint>()
      const seats = new Map<RecomputedRoot, ReadonlyMap<Address, SeatClaim>>()
      claims.forEach(({ args, seconds, transaction }, index) => {
        const { netuid, account, amount, cumulativeAmount } = args
        const epoch = Number(args.epoch)
        const subject = { netuid, epoch, account }
        const root = roots.get(`${netuid}/${epoch}`)
        const sinceSeconds = root && heldSeats(root).find(({ hotkey }) => hotkey === account)?.sinceSeconds
        const key = `${netuid}/${account}/${sinceSeconds}`
        const had = accounts.get(key)?.paid ?? 0n
        tally.same(subject, 'amount paid', cumulativeAmount - had, amount)
        accounts.set(key, { netuid, account, sinceSeconds, paid: had + amount })
        const all = (subnets.get(netuid) ?? 0n) + amount
        subnets.set(netuid, all)

        // Claim and mint are one call, so they come in the same order.
        const minted = emitted[index]
        const wanted = `${amount} to ${account} of ${netuid} in ${transaction}`
        const mint =
          minted && `${minted.args.amount} to ${minted.args.account} of ${minted.args.netuid} in ${minted.transaction}`
        tally.same(subject, 'minted for the payment', wanted, mint ?? 'nothing')

        if (root === undefined) {
          tally.holds(subject, 'root that was claimed against', false, 'a standing root', 'none')
          return
        }
        const { activatesAt } = root
        const { result } = root.submitted.args
        tally.holds(subject, 'second of the payment', seconds >= activatesAt, `from ${activatesAt} on`, seconds)
        tally.holds(
          subject,
          'paid by the subnet in all',
          all <= result.cumulativeTotal,
          `at most ${result.cumulativeTotal}`,
          all,
        )
        if (!isReproduced(root) || 'problem' in root.computed)
          return tally.open(subject, "word of the account's seat", `the root of epoch ${epoch} was not found here`)
        const owed =
          seats.get(root) ??
          new Map(seatClaims(heldSeats(root), root.computed.posting.seats).map((claim) => [claim.hotkey, claim]))
        seats.set(root, owed)
        tally.same(subject, "word of the account's seat", owed.get(account)?.cumulative ?? 0n, cumulativeAmount)
      })
      await tally.answers([
        ...[...accounts.values()]
          .filter(({ netuid }) => isInScope(scope, netuid))
          .map(({ netuid, account, sinceSeconds, paid }) => ({
            subject: { netuid, account },
            what: 'paid at the head',
            expected: paid,
            answer: viewOf(source, 'epochs', 'paidTo', [netuid, account, sinceSeconds ?? 0]),
          })),
        ...[...subnets]
          .filter(([netuid]) => isInScope(scope, netuid))
          .map(([netuid, paid]) => ({
            subject: { netuid },
            what: 'paid in all at the head',
            expected: paid,
            answer: viewOf(source, 'epochs', 'totalPaid', [netuid]),
          })),
      ])
    },
  }
}

function heldSeats({ subnet, epoch }: RecomputedRoot): readonly HeldSeat[] {
  return subnet.seatsAt(epochWindow(subnet.clock, epoch).endsAtSeconds - 1)
}
