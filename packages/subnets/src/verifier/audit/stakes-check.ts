import type { Address } from '@koinon/base'
import { type AuditCheck, eventsOf, viewOf } from '@koinon/ledger/audit'

type Unbonding = { readonly amount: bigint; readonly releaseAt: number }

/** Every token on its way in and out of the staking contract (specs/0010 section 3). */
export const stakesCheck: AuditCheck = {
  name: 'stakes',
  compares:
    'sums of all stakes, withdrawals and unbondings with the totals the contract names, and with the tokens it holds',
  async run(source, tally) {
    const positions = new Map<string, bigint>()
    const hotkeys = new Map<string, { readonly netuid: number; readonly account: Address; sum: bigint }>()
    const subnets = new Map<number, bigint>()
    const queues = new Map<Address, Unbonding[]>()
    let held = 0n
    for (const event of eventsOf(source, 'staking', 'Staked', 'Unstaked', 'Withdrawn')) {
      const { staker, amount } = event.args
      const queue = queues.get(staker) ?? []
      queues.set(staker, queue)
      if (event.name === 'Withdrawn') {
        const { firstUnbondingId, nextUnbondingId } = event.args
        const paid = queue.slice(Number(firstUnbondingId), Number(nextUnbondingId))
        const subject = { account: staker }
        tally.same(subject, `unbondings ${firstUnbondingId} to ${nextUnbondingId} paid`, total(paid), amount)
        const late = paid.find(({ releaseAt }) => releaseAt > event.seconds)
        tally.holds(
          subject,
          'unbondings are paid when they are due',
          late === undefined,
          event.seconds,
          late?.releaseAt ?? '',
        )
        held -= amount
        continue
      }
      const { netuid, hotkey, hotkeyStake, subnetStake } = event.args
      const subject = { netuid, account: hotkey }
      const change = event.name === 'Staked' ? amount : -amount
      const position = `${netuid}/${hotkey}/${staker}`
      const left = (positions.get(position) ?? 0n) + change
      positions.set(position, left)
      tally.holds(subject, `position of ${staker}`, left >= 0n, 'not negative', left)
      const key = `${netuid}/${hotkey}`
      const sum = (hotkeys.get(key)?.sum ?? 0n) + change
      hotkeys.set(key, { netuid, account: hotkey, sum })
      tally.same(subject, `stake after block ${event.block}`, sum, hotkeyStake)
      const all = (subnets.get(netuid) ?? 0n) + change
      subnets.set(netuid, all)
      tally.same({ netuid }, `stake on the subnet after block ${event.block}`, all, subnetStake)
      if (event.name === 'Staked') held += amount
      else {
        tally.same(subject, `number of an unbonding of ${staker}`, BigInt(queue.length), event.args.unbondingId)
        queue.push({ amount, releaseAt: event.args.releaseAt })
      }
    }
    await tally.answers([
      ...[...hotkeys.values()].map(({ netuid, account, sum }) => ({
        subject: { netuid, account },
        what: 'stake at the head',
        expected: sum,
        answer: viewOf(source, 'staking', 'stakeOf', [netuid, account]),
      })),
      ...[...subnets].map(([netuid, sum]) => ({
        subject: { netuid },
        what: 'stake on the subnet at the head',
        expected: sum,
        answer: viewOf(source, 'staking', 'totalStakeOf', [netuid]),
      })),
    ])
    const balance = await viewOf(source, 'token', 'balanceOf', [source.network.contracts.staking])
    if ('problem' in balance) tally.open({}, 'tokens of the staking contract', balance.problem)
    // Anybody may send it more.
    else tally.holds({}, 'tokens of the staking contract', balance.value >= held, `at least ${held}`, balance.value)
  },
}

function total(unbondings: readonly Unbonding[]): bigint {
  return unbondings.reduce((sum, { amount }) => sum + amount, 0n)
}
