import { type LedgerFeedback, readFeedback, resolveAgent } from '@koinon/agents/client'
import { formatAgentId } from '@koinon/agents/rules'
import { isKoinonError, parseUnits, picoUsdDecimals } from '@koinon/base'
import { viewAgent, viewAgents } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { type AskOptions, agentIdOf, checksText, ledgerOf, resolveOptionsOf, withAskOptions } from '../agent-view.ts'
import { agentFacts, agentsText } from '../agent-words.ts'
import { runCommand } from '../runner.ts'
import { facts } from '../table.ts'

/** The newest. */
const shownFeedback = 20

type ListFlags = {
  readonly words?: string
  readonly protocol?: string
  readonly maximumPrice?: string
  readonly sort: string
}

/** `koinon agent list`: every agent of the network, as the page Agents shows them. */
export function defineAgentList(agent: Command): void {
  agent
    .command('list')
    .description('agents of the network: where they are, what they sell, how far they are trusted')
    .option('--words <text>', 'only those that have all these words in what they say')
    .option('--protocol <name>', 'only those that speak it: a2a, mcp, http, x402')
    .option('--maximum-price <dollars>', 'only those with a service at most that dear')
    .option('--sort <by>', 'trust, or new', 'trust')
    .action(
      runCommand(async ({ home, typed }, flags: ListFlags) => {
        const { words, protocol, maximumPrice } = flags
        const found = await viewAgents(networkOf(home), {
          ...(words === undefined ? {} : { words }),
          ...(protocol === undefined ? {} : { protocol }),
          ...(maximumPrice === undefined ? {} : { maximumPicoUsd: parseUnits(maximumPrice, picoUsdDecimals) }),
          sort: flags.sort === 'new' ? 'new' : 'trust',
        })
        return {
          data: found,
          text:
            found.total === 0
              ? typed('No agent is registered yet. Be the first: koinon agent register --uri URL')
              : agentsText(found),
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
      const agentId = agentIdOf(view, id)
      const { record, file, checks } = await resolveAgent(view, agentId, resolveOptionsOf(view, options))
      const feedback = (await readFeedback(view, agentId)).filter(({ isRevoked }) => !isRevoked)
      const seen = await viewAgent(view.network, `${agentId}`).catch(notSeen)
      const services = (file?.services ?? []).map(({ name, endpoint }): [string, string] => [name, endpoint])
      const pairs: [string, string][] = [
        ['agent', formatAgentId(record.ref)],
        ['owner', record.owner],
        ['wallet', record.wallet ?? 'none'],
        ['file', record.uri === '' ? 'none' : record.uri.slice(0, 200)],
        ['feedback', feedbackWords(feedback)],
        ...(file === undefined
          ? []
          : ([
              ['name', file.name],
              ['description', file.description],
            ] as [string, string][])),
        ...services,
        ...(seen === undefined ? [] : agentFacts(seen)),
      ]
      return {
        data: {
          agent: formatAgentId(record.ref),
          owner: record.owner,
          wallet: record.wallet ?? null,
          uri: record.uri,
          file: file ?? null,
          feedback: feedback.slice(-shownFeedback).map(feedbackJson),
          feedbackCount: feedback.length,
          checks,
          seen: seen ?? null,
        },
        text: `${facts(pairs)}\n\n${checksText(checks)}`,
        isBad: checks.some(({ state }) => state === 'fail'),
      }
    }),
  )
}

/** One that the gateway has not indexed yet is shown by what the ledger says. */
function notSeen(error: unknown): undefined {
  if (isKoinonError(error) && error.code === 'agents/no-agent') return undefined
  throw error
}

/** How much was said and by how many; what it is worth says `koinon agent trust`. */
function feedbackWords(feedback: readonly LedgerFeedback[]): string {
  const last = feedback.at(-1)
  if (last === undefined) return 'none'
  const accounts = new Set(feedback.map(({ client }) => client)).size
  const { client, tag1, tag2 } = last
  return `${feedback.length} from ${accounts} ${accounts === 1 ? 'account' : 'accounts'}, the last ${tag1.slice(0, 40)} ${valueText(last)} ${tag2.slice(0, 40)} from ${client}`
}

function feedbackJson(feedback: LedgerFeedback) {
  const { client, index, tag1, tag2, uri, hash } = feedback
  return { client, index: `${index}`, value: valueText(feedback), tag1, tag2, uri, hash }
}

function valueText({ value, valueDecimals }: LedgerFeedback): string {
  if (valueDecimals === 0) return `${value}`
  const digits = `${value < 0n ? -value : value}`.padStart(valueDecimals + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -valueDecimals)}.${digits.slice(-valueDecimals)}`
}
