import { listAgents, resolveAgent } from '@koinon/agents/client'
import { formatAgentId } from '@koinon/agents/rules'
import type { Command } from 'commander'
import { type AskOptions, agentIdOf, checksText, ledgerOf, resolveOptionsOf, withAskOptions } from '../agent-view.ts'
import { runCommand } from '../runner.ts'
import { facts, table } from '../table.ts'

/** `koinon agent list`: every agent of the network. */
export function defineAgentList(agent: Command): void {
  agent
    .command('list')
    .description('all agents of the network, with owner and where their files are')
    .action(
      runCommand(async ({ home, typed }) => {
        const agents = await listAgents(ledgerOf(home))
        const rows = agents.map(({ agentId, owner, uri }) => [`${agentId}`, owner, uri.slice(0, 80)])
        return {
          data: { agents },
          text:
            agents.length === 0
              ? typed('No agent is registered yet. Be the first: koinon agent register --uri URL')
              : table(['agent', 'owner', 'file'], rows),
        }
      }),
    )
}

/** `koinon agent show ID`: what ledger and file say of an agent, and what of it was checked. */
export function defineAgentShow(agent: Command): void {
  const show = agent
    .command('show')
    .description('what the ledger and its own file say of an agent, and what of it could be checked')
    .argument('<id>', 'agent')
  withAskOptions(show).action(
    runCommand(async ({ home }, id: string, options: AskOptions) => {
      const view = ledgerOf(home)
      const { record, file, checks } = await resolveAgent(view, agentIdOf(view, id), resolveOptionsOf(view, options))
      const services = (file?.services ?? []).map(({ name, endpoint }): [string, string] => [name, endpoint])
      const pairs: [string, string][] = [
        ['agent', formatAgentId(record.ref)],
        ['owner', record.owner],
        ['wallet', record.wallet ?? 'none'],
        ['file', record.uri === '' ? 'none' : record.uri.slice(0, 200)],
        ...(file === undefined
          ? []
          : ([
              ['name', file.name],
              ['description', file.description],
            ] as [string, string][])),
        ...services,
      ]
      return {
        data: {
          agent: formatAgentId(record.ref),
          owner: record.owner,
          wallet: record.wallet ?? null,
          uri: record.uri,
          file: file ?? null,
          checks,
        },
        text: `${facts(pairs)}\n\n${checksText(checks)}`,
        isBad: checks.some(({ state }) => state === 'fail'),
      }
    }),
  )
}
