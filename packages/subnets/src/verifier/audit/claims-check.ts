import type { Address } from '@koinon/base'
import {
  type AuditCheck,
  type AuditSource,
  type EventOf,
  eventsOf,
  inOrder,
  isInScope,
  viewOf,
} from '@koinon/ledger/audit'
import { epochWindow, type HeldSeat, type PaidParts, type SeatClaim, seatClaims } from '../../rules/index.ts'
import { asText } from './answer-text.ts'
import { economyOf } from './economy/economy.ts'
import { isReproduced, type RecomputedRoot } from './recomputed-roots.ts'

const nothing: PaidParts = { miners: 0n, dividends: 0n }

/** Every payment is what an active root owed and was owed nothing else (specs/0007 section 6). */
export function createClaimsCheck(rootsOf: (source: AuditSource) => Promise<readonly RecomputedRoot[]>): AuditCheck {
  return {
    name: 'claims',
    compares:
      'each payment with the amounts of its seat in the root, with what was paid before, with what the emission paid out',
    async run(source, tally, scope) {
      const standing = (await rootsOf(source)).filter(({ disabled }) => disabled === undefined)
      const roots = new Map(standing.map((root) => [`${root.subnet.netuid}/${root.epoch}`, root]))
      const accounts = new Map<
        string,
        {
          readonly netuid: number
          readonly account: Address
          readonly sinceSeconds: number | undefined
          paid: PaidParts
        }
      >()
      const subnets = new Map<number, PaidParts>()
      const seats = new Map<RecomputedRoot, ReadonlyMap<Address, SeatClaim>>()
      const claims = eventsOf(source, 'epochs', 'Claimed')
      for (const { args, seconds } of claims) {
        const { netuid, account, mined, dividends, cumulativeMined, cumulativeDividends } = args
        const epoch = Number(args.epoch)
        const subject = { netuid, epoch, account }
        const root = roots.get(`${netuid}/${epoch}`)
        const sinceSeconds = root && heldSeats(root).find(({ hotkey }) => hotkey === account)?.sinceSeconds
        const key = `${netuid}/${account}/${sinceSeconds}`
        const had = accounts.get(key)?.paid ?? nothing
        tally.same(subject, 'amount paid as miner', beyond(cumulativeMined, had.miners), mined)
        tally.same(subject, 'amount paid as dividends', beyond(cumulativeDividends, had.dividends), dividends)
        accounts.set(key, { netuid, account, sinceSeconds, paid: plus(had, mined, dividends) })
        const all = plus(subnets.get(netuid) ?? nothing, mined, dividends)
        subnets.set(netuid, all)

        if (root === undefined) {
          tally.holds(subject, 'root that was claimed against', false, 'a standing root', 'none')
          continue
        }
        tally.holds(
          subject,
          'second of the payment',
          seconds >= root.activatesAt,
          `from ${root.activatesAt} on`,
          seconds,
        )
        // What was paid against a newer root must not stop a claim against an older one.
        const newest = newestActive(standing, netuid, seconds)
        const most = newest?.submitted.args.result
        const isCovered = most !== undefined && all.miners <= most.minersTotal && all.dividends <= most.dividendsTotal
        const limit = `at most ${most?.minersTotal} and ${most?.dividendsTotal}`
        tally.holds(subject, 'paid by the subnet in all', isCovered, limit, paidText(all))
        if (!isReproduced(root) || 'problem' in root.computed) {
          tally.open(subject, "amounts of the account's seat", `the root of epoch ${epoch} was not found here`)
          continue
        }
        const owed =
          seats.get(root) ??
          new Map(seatClaims(heldSeats(root), root.computed.posting).map((claim) => [claim.hotkey, claim]))
        seats.set(root, owed)
        const word = owed.get(account)
        const found = paidText({ miners: cumulativeMined, dividends: cumulativeDividends })
        const expected = paidText({ miners: word?.mined ?? 0n, dividends: word?.dividends ?? 0n })
        tally.same(subject, "amounts of the account's seat", expected, found)
      }
      comparePayments(source, tally)
      await compareOwners(source, tally, standing)
      await tally.answers([
        ...[...accounts.values()]
          .filter(({ netuid }) => isInScope(scope, netuid))
          .map(({ netuid, account, sinceSeconds, paid }) => ({
            subject: { netuid, account },
            what: 'paid at the head',
            expected: paidText(paid),
            answer: asText(viewOf(source, 'epochs', 'paidTo', [netuid, account, sinceSeconds ?? 0]), pairText),
          })),
        ...[...subnets]
          .filter(([netuid]) => isInScope(scope, netuid))
          .map(([netuid, paid]) => ({
            subject: { netuid },
            what: 'paid in all at the head',
            expected: paidText(paid),
            answer: asText(viewOf(source, 'epochs', 'totalPaid', [netuid]), pairText),
          })),
      ])
    },
  }
}

type Tallied = Parameters<AuditCheck['run']>[1]

/** A claim is told first, then what the emission contract pays for it, in one call: miner's part, dividends. */
function comparePayments(source: AuditSource, tally: Tallied): void {
  const events = inOrder<EventOf<'epochs', 'Claimed'> | EventOf<'emission', 'MinerPaid' | 'DividendsPaid'>>(
    eventsOf(source, 'epochs', 'Claimed'),
    eventsOf(source, 'emission', 'MinerPaid', 'DividendsPaid'),
  )
  let due: { readonly netuid: number; readonly account: Address; readonly epoch: number; readonly text: string }[] = []
  const text = (what: string, amount: bigint, account: Address, transaction: string): string =>
    `${amount} ${what} to ${account} in ${transaction}`
  const settle = (): void => {
    for (const { text: wanted, ...subject } of due) tally.same(subject, 'paid out for the claim', wanted, 'nothing')
    due = []
  }
  for (const event of events) {
    const { netuid } = event.args
    if (event.name === 'Claimed') {
      settle()
      const { account, mined, dividends, epoch } = event.args
      const subject = { netuid, account, epoch: Number(epoch) }
      if (mined > 0n) due.push({ ...subject, text: text('mined', mined, account, event.transaction) })
      if (dividends > 0n) due.push({ ...subject, text: text('dividends', dividends, account, event.transaction) })
      continue
    }
    const { hotkey, amount } = event.args
    const found = text(event.name === 'MinerPaid' ? 'mined' : 'dividends', amount, hotkey, event.transaction)
    const { text: wanted, ...subject } = due.shift() ?? { netuid, account: hotkey, text: 'nothing' }
    tally.same(subject, 'paid out for the claim', wanted, found)
  }
  settle()
}

/** An owner has what accrued before the epoch after the newest active root, no more (specs/0020-pool-emission.md section 5). */
async function compareOwners(source: AuditSource, tally: Tallied, standing: readonly RecomputedRoot[]): Promise<void> {
  const economy = await economyOf(source)
  if ('problem' in economy) return tally.open({}, 'payments of owners', economy.problem)
  const had = new Map<number, bigint>()
  for (const { args, seconds } of eventsOf(source, 'emission', 'OwnerPaid')) {
    const { netuid, owner, amount } = args
    const subject = { netuid, account: owner }
    const newest = newestActive(standing, netuid, seconds)
    const until = newest && epochWindow(newest.subnet.clock, newest.epoch).endsAtSeconds
    const due = until === undefined ? 0n : (economy.emission.accruedUntil(netuid, until)?.owner ?? 0n)
    const paid = (had.get(netuid) ?? 0n) + amount
    tally.same(subject, `paid to the owner until second ${seconds}`, due, paid)
    had.set(netuid, paid)
  }
}

/** Roots come in the order of their epochs. */
function newestActive(
  standing: readonly RecomputedRoot[],
  netuid: number,
  seconds: number,
): RecomputedRoot | undefined {
  return standing.findLast(({ subnet, activatesAt }) => subnet.netuid === netuid && activatesAt <= seconds)
}

function beyond(sum: bigint, had: bigint): bigint {
  return sum > had ? sum - had : 0n
}

function plus({ miners, dividends }: PaidParts, mined: bigint, more: bigint): PaidParts {
  return { miners: miners + mined, dividends: dividends + more }
}

function paidText({ miners, dividends }: PaidParts): string {
  return `${miners} mined, ${dividends} dividends`
}

function pairText([miners, dividends]: readonly [mined: bigint, dividends: bigint]): string {
  return paidText({ miners, dividends })
}

function heldSeats({ subnet, epoch }: RecomputedRoot): readonly HeldSeat[] {
  return subnet.seatsAt(epochWindow(subnet.clock, epoch).endsAtSeconds - 1)
}
