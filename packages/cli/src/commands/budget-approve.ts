import { type Hex, KoinonError } from '@koinon/base'
import type { BudgetJson } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { budgetOf, dollars, openDesk } from '../home-budgets.ts'
import { type CommandContext, type CommandResult, confirm, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type ApproveOptions = { readonly deny?: boolean; readonly yes?: boolean }
type Proposal = BudgetJson['proposals'][number]

/** `koinon budget approve` */
export function defineBudgetApprove(budget: Command): void {
  budget
    .command('approve')
    .description('what waits for your word; with an id, say yes, or no with --deny')
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .argument('[id]', 'of the payment, or the beginning of it')
    .option('--deny', 'say no')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, name: string, id: string | undefined, options: ApproveOptions) => {
        const { proposals, grantHash } = await budgetOf(context.home, name)
        if (id === undefined) return { data: { grantHash, proposals }, text: waitingText(proposals) }
        return decide(context, { name, grantHash, entry: proposalOf(proposals, id) }, options)
      }),
    )
}

async function decide(
  context: CommandContext,
  { name, grantHash, entry }: { readonly name: string; readonly grantHash: string; readonly entry: Proposal },
  options: ApproveOptions,
): Promise<CommandResult> {
  const isApproved = options.deny !== true
  const what = `${entry.kind} of ${dollars(entry.amountAtomic)} dollars to ${entry.receiver ?? 'an agent below'}`
  await confirm(context, `${isApproved ? 'Approve' : 'Deny'} ${what}?`, options.yes === true)
  await openDesk(context.home).approve(name, entry.intentHash as Hex, isApproved)
  return {
    data: { grantHash, id: entry.id, isApproved },
    text: `${isApproved ? 'Approved' : 'Denied'} ${what}. The agent hears of it when it asks again.`,
  }
}

/** Throws `usage/no-proposal`. */
function proposalOf(proposals: readonly Proposal[], id: string): Proposal {
  const found = proposals.filter((entry) => entry.id.startsWith(id))
  const [entry] = found
  if (entry !== undefined && found.length === 1) return entry
  throw new KoinonError({
    code: 'usage/no-proposal',
    message: found.length > 1 ? `"${id}" can mean several payments` : `No payment "${id}" waits`,
    hint: 'See what waits with "koinon budget approve BUDGET".',
  })
}

function waitingText(proposals: readonly Proposal[]): string {
  const rows = proposals.map((entry) => [
    entry.id.slice(0, 12),
    entry.kind,
    dollars(entry.amountAtomic),
    entry.receiver ?? '',
    entry.service ?? '',
  ])
  return rows.length === 0 ? 'Nothing waits.' : table(['id', 'kind', 'dollars', 'to', 'for'], rows)
}
