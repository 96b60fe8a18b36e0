import { type AuditCheck, viewOf } from '@koinon/ledger/audit'
import { asText } from './answer-text.ts'
import { economyOf } from './economy/economy.ts'
import { epochsInScope } from './replay.ts'
import { partsText } from './steps-check.ts'

/** How much each subnet could ever be paid (specs/0020-pool-emission.md section 5). */
export const accrualCheck: AuditCheck = {
  name: 'accrual',
  compares:
    'what accrued to owners, miners and as dividends until the end of each epoch, from the steps, with what the contract says',
  async run(source, tally, scope) {
    const economy = await economyOf(source)
    if ('problem' in economy) return tally.open({}, 'accrual', economy.problem)
    const epochs = await epochsInScope(source, scope)
    await tally.answers(
      epochs.flatMap(({ subnet: { netuid }, epoch, window }) => {
        const expected = economy.emission.accruedUntil(netuid, window.endsAtSeconds)
        // Nobody knows it before the step that ends later.
        if (expected === undefined) return []
        return [
          {
            subject: { netuid, epoch },
            what: 'accrued until its end',
            expected: partsText(expected),
            answer: asText(viewOf(source, 'emission', 'accrued', [netuid, BigInt(epoch + 1)]), partsText),
          },
        ]
      }),
    )
  },
}
