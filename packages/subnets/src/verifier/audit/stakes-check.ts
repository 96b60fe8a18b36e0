import { type AuditCheck, type Question, viewOf } from '@koinon/ledger/audit'
import { asText } from './answer-text.ts'
import { economyOf } from './economy/economy.ts'
import { rootNetuid, type StakedHotkey } from './economy/weight-book.ts'

/** Shares of stake, weights, dividends, root claims, departures and slashes (specs/0014-pools.md sections 4 to 7). */
export const stakesCheck: AuditCheck = {
  name: 'stakes',
  compares:
    'shares, weights, dividends, root claims, tickets and slashes from what was there before each, and the tokens that have to be there for them',
  async run(source, tally) {
    const economy = await economyOf(source)
    if ('problem' in economy) return tally.open({}, 'stakes', economy.problem)
    const { stake, weights, market, stakingKoin, tallies } = economy
    tally.add(tallies.stakes)
    const { staking } = source.network.contracts
    const questions: Question[] = []
    for (const entry of weights.hotkeys) {
      const { netuid, hotkey } = entry
      const subject = { netuid, account: hotkey }
      questions.push({
        subject,
        what: 'stake at the head',
        expected: hotkeyText(entry),
        answer: asText(viewOf(source, 'staking', 'hotkeyOf', [netuid, hotkey]), stateText),
      })
      if (netuid !== rootNetuid)
        questions.push({
          subject,
          what: 'weight at the head',
          expected: entry.weight,
          answer: viewOf(source, 'staking', 'weightOf', [netuid, hotkey]),
        })
      for (const [staker, shares] of entry.positions)
        questions.push({
          subject: { netuid, account: staker },
          what: `position on ${hotkey} at the head`,
          expected: `${shares} worth ${entry.staked.worth(shares)}`,
          answer: asText(
            viewOf(source, 'staking', 'positionOf', [netuid, hotkey, staker]),
            ([held, worth]) => `${held} worth ${worth}`,
          ),
        })
    }
    for (const { netuid, hotkey, staker } of stake.root.claimants())
      questions.push({
        subject: { netuid, account: staker },
        what: `root dividends of ${hotkey} not yet claimed`,
        expected: stake.root.owed(netuid, hotkey, staker),
        answer: viewOf(source, 'staking', 'claimableRoot', [netuid, hotkey, staker, mostSteps]),
      })
    for (const [staker, { next, count }] of stake.queues())
      questions.push({
        subject: { account: staker },
        what: 'tickets paid and ever queued',
        expected: `${next} of ${count}`,
        answer: asText(viewOf(source, 'staking', 'ticketRange', [staker]), (range) => `${range[0]} of ${range[1]}`),
      })
    for (const netuid of market.pools.keys()) {
      questions.push({
        subject: { netuid },
        what: 'weight of all at the head',
        expected: weights.totalOf(netuid),
        answer: viewOf(source, 'staking', 'totalWeightOf', [netuid]),
      })
      const owed = stake.assetsOf(netuid)
      const held = market.pools.get(netuid)?.balanceOf(staking) ?? 0n
      tally.holds({ netuid }, 'alpha of the staking contract', held >= owed, `at least ${owed}`, held)
    }
    await tally.answers(questions)
    const owed = stake.assetsOf(rootNetuid)
    // Anybody may send it more.
    tally.holds({}, 'KOIN of the staking contract', stakingKoin >= owed, `at least ${owed}`, stakingKoin)
    const balance = await viewOf(source, 'token', 'balanceOf', [staking])
    if ('problem' in balance) tally.open({}, 'KOIN of the staking contract at the head', balance.problem)
    else tally.same({}, 'KOIN of the staking contract at the head', stakingKoin, balance.value)
  },
}

/** More than anybody changes a position between two claims. */
const mostSteps = 100_000n

type State = Readonly<
  Record<'stakedAssets' | 'stakedShares' | 'leavingAssets' | 'leavingShares' | 'given' | 'received', bigint> &
    Record<'registered' | 'countsRoot', boolean>
>

function hotkeyText({ staked, leaving, given, received, isRegistered, countsRoot }: StakedHotkey): string {
  return stateText({
    stakedAssets: staked.assets,
    stakedShares: staked.shares,
    leavingAssets: leaving.assets,
    leavingShares: leaving.shares,
    given,
    received,
    registered: isRegistered,
    countsRoot,
  })
}

function stateText(state: State): string {
  return [
    `${state.stakedAssets} in ${state.stakedShares} shares`,
    `${state.leavingAssets} leaving in ${state.leavingShares}`,
    `given ${state.given}, received ${state.received}`,
    state.registered ? 'registered' : 'not registered',
    state.countsRoot ? 'with root stake' : 'without root stake',
  ].join(', ')
}
