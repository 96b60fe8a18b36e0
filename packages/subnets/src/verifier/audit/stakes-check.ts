import type { Address } from '@koinon/base'
import { type AuditCheck, eventsOf, viewOf } from '@koinon/ledger/audit'

/** What a slash takes, ten-thousandths (specs/0015-disputes.md section 5). */
const slashBps = 2_000n

type Unbonding = { readonly pool: SharePool; readonly shares: bigint; readonly releaseAt: number }

/** An amount and the shares in it; every rounding is in favour of the pool (contracts/src/subnets/Staking.sol). */
class SharePool {
  amount = 0n
  #all = 0n
  readonly #of = new Map<Address, bigint>()

  worth(shares: bigint): bigint {
    return shares === 0n ? 0n : (shares * this.amount) / this.#all
  }

  worthOf(holder: Address): bigint {
    return this.worth(this.#of.get(holder) ?? 0n)
  }

  add(amount: bigint, holder?: Address): bigint {
    const shares = this.#all === 0n ? amount : (amount * this.#all) / this.amount
    this.#change(amount, shares, holder)
    return shares
  }

  take(amount: bigint, holder: Address): void {
    const held = this.#of.get(holder) ?? 0n
    const shares = amount === this.worth(held) ? held : (amount * this.#all + this.amount - 1n) / this.amount
    this.#change(-amount, -shares, holder)
  }

  takeShares(shares: bigint): bigint {
    const amount = this.worth(shares)
    this.#change(-amount, -shares)
    return amount
  }

  #change(amount: bigint, shares: bigint, holder?: Address): void {
    this.amount += amount
    this.#all += shares
    if (holder !== undefined) this.#of.set(holder, (this.#of.get(holder) ?? 0n) + shares)
  }
}

/** Every token on its way in and out of the staking contract (specs/0010 section 3). */
export const stakesCheck: AuditCheck = {
  name: 'stakes',
  compares:
    'sums of all stakes, withdrawals and unbondings with the totals the contract names, and with the tokens it holds',
  async run(source, tally) {
    const hotkeys = new Map<string, { readonly netuid: number; readonly account: Address; readonly pool: SharePool }>()
    const waiting = new Map<string, SharePool>()
    const subnets = new Map<number, bigint>()
    const queues = new Map<Address, Unbonding[]>()
    let held = 0n
    for (const event of eventsOf(source, 'staking', 'Staked', 'Unstaked', 'Withdrawn', 'Slashed')) {
      if (event.name === 'Withdrawn') {
        const { staker, amount, firstUnbondingId, nextUnbondingId } = event.args
        const queue = queues.get(staker) ?? []
        const paid = queue.slice(Number(firstUnbondingId), Number(nextUnbondingId))
        const subject = { account: staker }
        const sum = paid.reduce((all, { pool, shares }) => all + pool.takeShares(shares), 0n)
        tally.same(subject, `unbondings ${firstUnbondingId} to ${nextUnbondingId} paid`, sum, amount)
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
      const { netuid, hotkey, amount, hotkeyStake, subnetStake } = event.args
      const subject = { netuid, account: hotkey }
      const key = `${netuid}/${hotkey}`
      const { pool } = hotkeys.get(key) ?? { pool: new SharePool() }
      hotkeys.set(key, { netuid, account: hotkey, pool })
      const left = waiting.get(key) ?? new SharePool()
      waiting.set(key, left)
      const before = pool.amount
      if (event.name === 'Staked') {
        pool.add(amount, event.args.staker)
        held += amount
      } else if (event.name === 'Unstaked') {
        const { staker, unbondingId, releaseAt } = event.args
        const worth = pool.worthOf(staker)
        tally.holds(subject, `position of ${staker}`, amount <= worth, `at least ${amount}`, worth)
        pool.take(amount, staker)
        const queue = queues.get(staker) ?? []
        queues.set(staker, queue)
        tally.same(subject, `number of an unbonding of ${staker}`, BigInt(queue.length), unbondingId)
        queue.push({ pool: left, shares: left.add(amount), releaseAt })
      } else {
        const fromWaiting = (left.amount * slashBps) / 10_000n
        left.amount -= fromWaiting
        pool.amount -= (pool.amount * slashBps) / 10_000n
        tally.same(subject, `slashed in block ${event.block}`, before - pool.amount + fromWaiting, amount)
        held -= amount
      }
      const all = (subnets.get(netuid) ?? 0n) + pool.amount - before
      subnets.set(netuid, all)
      tally.same(subject, `stake after block ${event.block}`, pool.amount, hotkeyStake)
      tally.same({ netuid }, `stake on the subnet after block ${event.block}`, all, subnetStake)
    }
    await tally.answers([
      ...[...hotkeys.values()].map(({ netuid, account, pool }) => ({
        subject: { netuid, account },
        what: 'stake at the head',
        expected: pool.amount,
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
