import { systemClock } from '@koinon/base'
import { findBudget } from '@koinon/node/home'
import { budgetsJson, networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { dollars, openDesk, usedAtomic } from '../home-budgets.ts'
import { confirm, runCommand } from '../runner.ts'
import { table } from '../table.ts'
import { defineBudgetApprove } from './budget-approve.ts'
import { defineBudgetDelegate } from './budget-delegate.ts'
import { defineBudgetExplain } from './budget-explain.ts'
import { defineBudgetGrant } from './budget-grant.ts'
import { defineBudgetWithdraw } from './budget-withdraw.ts'

export function defineBudget(budget: Command): void {
  defineBudgetDelegate(budget)
  defineBudgetGrant(budget)
  defineList(budget)
  defineRevoke(budget)
  defineBudgetWithdraw(budget)
  defineBudgetExplain(budget)
  defineBudgetApprove(budget)
}

function defineList(budget: Command): void {
  budget
    .command('list')
    .description('budgets of this home, and what each may still spend')
    .action(
      runCommand(async ({ home, typed }) => {
        const { budgets } = await budgetsJson(home, networkOf(home), systemClock.nowMs())
        const rows = budgets.map((item) => [
          item.grantHash.slice(0, 12),
          item.label,
          item.autonomy,
          item.state === 'usable' && !item.isKeyHere ? 'key not here' : item.state,
          dollars(usedAtomic(item)),
          dollars(item.inChannelsAtomic),
          dollars(item.leftAtomic),
          dollars(item.maxTotalAtomic),
          String(item.proposals.length),
        ])
        return {
          data: { budgets },
          text:
            rows.length === 0
              ? typed('No budgets yet. Make one with "koinon budget grant --to ACCOUNT --on-chain".')
              : table(
                  ['budget', 'label', 'autonomy', 'state', 'used', 'in channels', 'left now', 'in all', 'waiting'],
                  rows,
                ),
        }
      }),
    )
}

function defineRevoke(budget: Command): void {
  budget
    .command('revoke')
    .description('end a budget for good, for programs on this home at once; with --on-chain for everybody')
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .option('--on-chain', 'also tell the ledger, so that a stolen key is worth nothing')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, name: string, options: { readonly onChain?: boolean; readonly yes?: boolean }) => {
        const { label } = findBudget(context.home, name)
        await confirm(context, `Revoke the budget "${label}"? Its agent can pay no more.`, options.yes === true)
        const isOnChain = options.onChain === true
        const { grantHash, revokedAtMs } = await openDesk(context.home).revoke(name, isOnChain)
        const more = `Whoever copied the key can still use what its grant allows on the ledger. ${context.typed(`End that too: koinon budget revoke ${grantHash.slice(0, 12)} --on-chain`)}`
        return {
          data: { grantHash, revokedAtMs, isOnChain },
          text: `Revoked ${grantHash.slice(0, 12)} (${label})${isOnChain ? ', on the ledger too.' : `.\n${more}`}`,
        }
      }),
    )
}
