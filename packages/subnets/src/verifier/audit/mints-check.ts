import { zeroAddress } from '@koinon/base'
import { type AuditCheck, type EventOf, eventsOf, viewOf } from '@koinon/ledger/audit'
import { issuedUntil } from './accrual.ts'
import { readSchedule } from './accrual-check.ts'

/** Every token came from genesis or from an epoch's payment, within cap and schedule (specs/0010). */
export const mintsCheck: AuditCheck = {
  name: 'mints',
  compares: 'all mints and burns with the supply, the cap, the schedule and the payments behind them',
  async run(source, tally) {
    const transfers = eventsOf(source, 'token', 'Transfer')
    const mints = transfers.filter(({ args }) => args.from === zeroAddress)
    const burned = sum(transfers.filter(({ args }) => args.to === zeroAddress))
    const emitted = eventsOf(source, 'emission', 'Emitted')
    const minted = sum(mints)

    const byTransaction = Map.groupBy(mints, ({ transaction }) => transaction)
    const payments = Map.groupBy(emitted, ({ transaction }) => transaction)
    for (const [transaction, paid] of payments) {
      const found = (byTransaction.get(transaction) ?? []).map(({ args }) => `${args.value} to ${args.to}`)
      const wanted = paid.map(({ args }) => `${args.amount} to ${args.account}`)
      wanted.forEach((text, index) => {
        const account = paid[index]?.args.account
        tally.same(
          account === undefined ? {} : { account },
          `minted in ${transaction}`,
          text,
          found[index] ?? 'nothing',
        )
      })
      tally.same({}, `mints in ${transaction}`, wanted.length, found.length)
    }
    const genesis = mints.filter(({ transaction }) => !payments.has(transaction))
    tally.holds(
      {},
      'mints without an epoch behind them',
      genesis.length <= 1,
      'at most the one at deployment',
      genesis.length,
    )

    const schedule = await readSchedule(source)
    if (schedule === undefined)
      tally.open({}, 'payments within the schedule', 'the constants of the schedule cannot be read')
    else {
      let all = 0n
      for (const { args, seconds } of emitted) {
        all += args.amount
        const issued = issuedUntil(schedule, BigInt(seconds))
        tally.holds(
          { netuid: args.netuid, account: args.account },
          'paid by all subnets',
          all <= issued,
          `at most ${issued}`,
          all,
        )
      }
    }
    const paid = emitted.reduce((all, { args }) => all + args.amount, 0n)
    await tally.answers([
      { subject: {}, what: 'minted in all', expected: minted, answer: viewOf(source, 'token', 'totalMinted', []) },
      { subject: {}, what: 'supply', expected: minted - burned, answer: viewOf(source, 'token', 'totalSupply', []) },
      { subject: {}, what: 'minted for epochs', expected: paid, answer: viewOf(source, 'emission', 'totalMinted', []) },
    ])
    const cap = await viewOf(source, 'token', 'CAP', [])
    if ('problem' in cap) tally.open({}, 'cap', cap.problem)
    else tally.holds({}, 'minted in all', minted <= cap.value, `at most the cap of ${cap.value}`, minted)
  },
}

function sum(transfers: readonly EventOf<'token', 'Transfer'>[]): bigint {
  return transfers.reduce((all, { args }) => all + args.value, 0n)
}
