import { type AuditCheck, type Question, viewOf } from '@koinon/ledger/audit'
import { asText } from './answer-text.ts'
import { economyOf } from './economy/economy.ts'
import type { PoolBook } from './economy/market.ts'

/** Every trade at the price of its pool, every alpha in one place (specs/0014-pools.md sections 2 and 3). */
export const poolsCheck: AuditCheck = {
  name: 'pools',
  compares: 'trades, injections, prices and price averages, and who holds how much alpha, from the state before each',
  async run(source, tally) {
    const economy = await economyOf(source)
    if ('problem' in economy) return tally.open({}, 'pools', economy.problem)
    const { market, tallies } = economy
    tally.add(tallies.pools)
    const questions: Question[] = []
    for (const [netuid, book] of market.pools) {
      questions.push({
        subject: { netuid },
        what: 'pool at the head',
        expected: bookText(book),
        answer: asText(viewOf(source, 'pools', 'stateOf', [netuid]), stateText),
      })
      for (const [account, balance] of book.balances)
        questions.push({
          subject: { netuid, account },
          what: 'free alpha at the head',
          expected: balance,
          answer: viewOf(source, 'pools', 'balanceOf', [account, BigInt(netuid)]),
        })
      const free = [...book.balances.values()].reduce((sum, balance) => sum + balance, 0n)
      const kept = free + book.pool.alpha + book.idleAlpha
      tally.same({ netuid }, 'alpha that exists, and where it is', book.supply, kept)
    }
    await tally.answers(questions)
    const fees = await viewOf(source, 'pools', 'fees', [])
    if ('problem' in fees) tally.open({}, 'KOIN fees', fees.problem)
    else tally.same({}, 'KOIN fees', [market.waitingFees, market.burnedFees].join(), fees.value.join())
    const balance = await viewOf(source, 'token', 'balanceOf', [source.network.contracts.pools])
    const held = market.koinHeld
    if ('problem' in balance) tally.open({}, 'KOIN of the pools', balance.problem)
    // Anybody may send them more.
    else tally.holds({}, 'KOIN of the pools', balance.value >= held, `at least ${held}`, balance.value)
  },
}

type State = Readonly<
  Record<'alpha' | 'koin' | 'weightKoin' | 'idleAlpha' | 'idleKoin' | 'average' | 'minted' | 'burned', bigint> &
    Record<'averagedAt' | 'openedAt', number>
>

function bookText(book: PoolBook): string {
  return stateText({ ...book, ...book.pool, averagedAt: Number(book.averagedAt), openedAt: Number(book.openedAt) })
}

function stateText(state: State): string {
  const { alpha, koin, weightKoin, idleAlpha, idleKoin, average, averagedAt, openedAt, minted, burned } = state
  return [
    `${alpha} alpha`,
    `${koin} KOIN of weight ${weightKoin}`,
    `idle ${idleAlpha} and ${idleKoin}`,
    `average ${average} at ${averagedAt} of ${openedAt}`,
    `minted ${minted}, burned ${burned}`,
  ].join(', ')
}
