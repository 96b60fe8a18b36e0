import type { Address, Hex } from '@koinon/base'
import { type Answer, type AuditCheck, eventsOf, viewOf } from '@koinon/ledger/audit'
import { type ChannelConfig, channelIdOf } from '../../rules/channel.ts'

type Channel = { readonly config: ChannelConfig; balance: bigint; claimed: bigint; withdrawableAt: number | undefined }
type Receiver = { readonly account: Address; readonly token: Address; claimed: bigint; settled: bigint }

/** Vouchers never pay more than lay in their channel, and the escrow holds what it owes (specs/0005-money.md section 1). */
export const channelsCheck: AuditCheck = {
  name: 'channels',
  compares: 'deposits, claimed vouchers, refunds and settlements with the totals and tokens of the escrow',
  async run(source, tally) {
    const { chainId, contracts } = source.network
    const domain = { chainId, escrow: contracts.channels }
    const channels = new Map<Hex, Channel>()
    const receivers = new Map<string, Receiver>()
    const receiverOf = (account: Address, token: Address): Receiver => {
      const key = `${account}/${token}`
      const found = receivers.get(key) ?? { account, token, claimed: 0n, settled: 0n }
      receivers.set(key, found)
      return found
    }
    const events = eventsOf(
      source,
      'channels',
      'ChannelCreated',
      'Deposited',
      'Claimed',
      'Settled',
      'Refunded',
      'WithdrawInitiated',
      'WithdrawFinalized',
    )
    for (const event of events) {
      if (event.name === 'Settled') {
        const { receiver: account, token, amount } = event.args
        const receiver = receiverOf(account, token)
        tally.same({ account }, `settled in block ${event.block}`, receiver.claimed - receiver.settled, amount)
        receiver.settled += amount
        continue
      }
      const id = event.args.channelId
      const subject = `of channel ${id.slice(0, 12)}… in block ${event.block}`
      if (event.name === 'ChannelCreated') {
        const { config } = event.args
        tally.same({ account: config.payer }, `identifier ${subject}`, channelIdOf(config, domain), id)
        channels.set(id, { ...(channels.get(id) ?? { balance: 0n, claimed: 0n, withdrawableAt: undefined }), config })
        continue
      }
      const channel = channels.get(id)
      if (channel === undefined) {
        tally.holds({}, `opening ${subject}`, false, 'before anything else', event.name)
        continue
      }
      const about = { account: channel.config.payer }
      if (event.name === 'Deposited') {
        channel.balance += event.args.amount
        tally.same(about, `balance ${subject}`, channel.balance, event.args.newBalance)
      } else if (event.name === 'Claimed') {
        channel.claimed += event.args.claimAmount
        receiverOf(channel.config.receiver, channel.config.token).claimed += event.args.claimAmount
        tally.same(about, `claimed in all ${subject}`, channel.claimed, event.args.newTotalClaimed)
      } else if (event.name === 'WithdrawInitiated') {
        channel.withdrawableAt = event.seconds + channel.config.withdrawDelay
        tally.same(about, `second of withdrawal ${subject}`, channel.withdrawableAt, event.args.finalizeAfter)
      } else {
        if (event.name === 'WithdrawFinalized') {
          const due = channel.withdrawableAt
          tally.holds(
            about,
            `withdrawal ${subject}`,
            due !== undefined && event.seconds >= due,
            `from ${due ?? 'an announcement'} on`,
            event.seconds,
          )
          channel.withdrawableAt = undefined
        }
        channel.balance -= event.args.amount
      }
      tally.holds(
        about,
        `claimed ${subject}`,
        channel.claimed <= channel.balance,
        `at most ${channel.balance}`,
        channel.claimed,
      )
    }
    const pair = (answer: Answer<readonly bigint[]>): Answer<string> =>
      'value' in answer ? { value: answer.value.join(', ') } : answer
    await tally.answers([
      ...[...channels].map(([id, { config, balance, claimed }]) => ({
        subject: { account: config.payer },
        what: `balance and claims of channel ${id.slice(0, 12)}… at the head`,
        expected: `${balance}, ${claimed}`,
        answer: viewOf(source, 'channels', 'channels', [id]).then(pair),
      })),
      ...[...receivers.values()].map(({ account, token, claimed, settled }) => ({
        subject: { account },
        what: 'claimed and settled at the head',
        expected: `${claimed}, ${settled}`,
        answer: viewOf(source, 'channels', 'receivers', [account, token]).then(pair),
      })),
    ])
    const owed = new Map<Address, bigint>()
    const owe = (token: Address, amount: bigint): void => void owed.set(token, (owed.get(token) ?? 0n) + amount)
    for (const { config, balance, claimed } of channels.values()) owe(config.token, balance - claimed)
    for (const { token, claimed, settled } of receivers.values()) owe(token, claimed - settled)
    for (const [token, amount] of owed) {
      if (token !== contracts.dollar)
        tally.open({}, `tokens held of ${token}`, 'it is not the token that users pay with')
      else {
        const held = await viewOf(source, 'dollar', 'balanceOf', [contracts.channels])
        if ('problem' in held) tally.open({}, 'dollars held by the escrow', held.problem)
        // Anybody may send it more.
        else tally.holds({}, 'dollars held by the escrow', held.value >= amount, `at least ${amount}`, held.value)
      }
    }
  },
}
