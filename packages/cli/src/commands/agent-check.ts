import { checkAgent, checkListing } from '@koinon/agents/client'
import type { Command } from 'commander'
import { type AskOptions, agentIdOf, checksText, ledgerOf, resolveOptionsOf, withAskOptions } from '../agent-view.ts'
import { runCommand } from '../runner.ts'

/** `koinon agent check URL`: what a stranger would find wrong with a listing, and what to do about it. */
export function defineAgentCheck(agent: Command): void {
  const check = agent
    .command('check')
    .description(
      'ask a listing everything that strangers will ask: file, domain, ledger, A2A, MCP, 402; say what to mend',
    )
    .argument('<url>', 'address of a site or of its registration file, or the id of an agent')
  withAskOptions(check).action(
    runCommand(async ({ home, typed }, target: string, options: AskOptions) => {
      const view = ledgerOf(home)
      const asked = resolveOptionsOf(view, options)
      const checks = /^https?:/.test(target)
        ? await checkListing(view, target, asked)
        : await checkAgent(view, agentIdOf(view, target), asked)
      return {
        data: { target, checks },
        text: typed(checksText(checks)),
        isBad: checks.some(({ state }) => state === 'fail'),
      }
    }),
  )
}
