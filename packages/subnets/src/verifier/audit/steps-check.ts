import { type AuditCheck, type Question, viewOf } from '@koinon/ledger/audit'
import { partsDelaySeconds } from '../../rules/emission/constants.ts'
import type { AccruedAmounts } from '../../rules/emission/pool-step.ts'
import { asText } from './answer-text.ts'
import { economyOf } from './economy/economy.ts'

/** Every step of the emission: what was issued, to whom, by which shares, and what was paid of it (specs/0020-pool-emission.md). */
export const stepsCheck: AuditCheck = {
  name: 'steps',
  compares:
    'shares, KOIN and alpha of each step, and payments of what accrued, from pools, root stake and policy before it',
  async run(source, tally) {
    const economy = await economyOf(source)
    if ('problem' in economy) return tally.open({}, 'steps', economy.problem)
    const { emission, market, tallies } = economy
    tally.add(tallies.steps)
    const questions: Question[] = [
      {
        subject: {},
        what: 'second until which accrual is final',
        expected: emission.finalUntil,
        answer: viewOf(source, 'emission', 'finalUntil', []),
      },
    ]
    for (const netuid of emission.netuids) {
      const { user, protocol, capital } = emission.flowsOf(netuid)
      questions.push({
        subject: { netuid },
        what: 'paid of what accrued at the head',
        expected: partsText(emission.paidOf(netuid)),
        answer: asText(viewOf(source, 'emission', 'paidOf', [netuid]), partsText),
      })
      questions.push({
        subject: { netuid },
        what: 'flows at the head',
        expected: `${user}, ${protocol}`,
        answer: asText(viewOf(source, 'emission', 'flowsOf', [netuid]), (flows) => `${flows[0]}, ${flows[1]}`),
      })
      questions.push({
        subject: { netuid },
        what: 'capital that people keep, on average, at the head',
        expected: capital,
        answer: viewOf(source, 'emission', 'capitalOf', [netuid]),
      })
      const owed = emission.heldOf(netuid)
      const held = market.pools.get(netuid)?.balanceOf(source.network.contracts.emission) ?? 0n
      // The rest of a subnet that ended may have been burned; else it is there.
      if (!emission.isRestBurned(netuid))
        tally.holds({ netuid }, 'alpha of the emission contract', held >= owed, `at least ${owed}`, held)
    }
    // As announced so far, in force by then.
    const later = source.head.seconds + partsDelaySeconds
    for (const netuid of emission.netuids) {
      const { ownerBps, minersBps, validatorsBps } = emission.partsOf(netuid, later)
      questions.push({
        subject: { netuid },
        what: 'parts as announced last',
        expected: [ownerBps, minersBps, validatorsBps].join(),
        answer: asText(viewOf(source, 'emission', 'partsOf', [netuid, BigInt(later)]), (parts) => parts.join()),
      })
    }
    await tally.answers(questions)
  },
}

/** Owner's, miners' and dividends' part. */
export function partsText({ owner, miners, dividends }: AccruedAmounts): string {
  return `${owner}, ${miners}, ${dividends}`
}
