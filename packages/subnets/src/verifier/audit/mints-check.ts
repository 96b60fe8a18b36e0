import { type AuditCheck, viewOf } from '@koinon/ledger/audit'
import { economyOf } from './economy/economy.ts'

/** Every KOIN came from genesis or from a step of the emission, which hands it to pools (specs/0010 section 4). */
export const mintsCheck: AuditCheck = {
  name: 'mints',
  compares: 'all mints and burns of KOIN with the supply, the cap and the steps behind them',
  async run(source, tally) {
    const economy = await economyOf(source)
    if ('problem' in economy) return tally.open({}, 'mints', economy.problem)
    const { minted, burned, genesisMints } = economy.koin
    tally.holds(
      {},
      'mints without a step behind them',
      genesisMints <= 1,
      'at most the one at deployment',
      genesisMints,
    )
    await tally.answers([
      { subject: {}, what: 'minted in all', expected: minted, answer: viewOf(source, 'token', 'totalMinted', []) },
      { subject: {}, what: 'supply', expected: minted - burned, answer: viewOf(source, 'token', 'totalSupply', []) },
    ])
    const cap = await viewOf(source, 'token', 'CAP', [])
    if ('problem' in cap) tally.open({}, 'cap', cap.problem)
    else tally.holds({}, 'minted in all', minted <= cap.value, `at most the cap of ${cap.value}`, minted)
  },
}
