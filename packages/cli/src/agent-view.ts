/** What the commands about agents share: the network's ledger, the id that was typed, and whom to ask for files. */
import type { ResolveOptions } from '@koinon/agents/client'
import { parseAgentId } from '@koinon/agents/rules'
import { createLedgerReader, type LedgerView } from '@koinon/ledger'
import type { Home } from '@koinon/node/home'
import { isOneMachine, networkOf } from '@koinon/node/wallet'
import type { Check } from '@koinon/work'
import type { Command } from 'commander'
import { table } from './table.ts'

export type AskOptions = { readonly allowPrivate?: boolean; readonly contentGateway?: string }

const marks = { pass: 'pass', fail: 'FAIL', notChecked: 'not checked' } as const

/** Adds the options that say whom may be asked for files. */
export function withAskOptions(command: Command): Command {
  return command
    .option(
      '--allow-private',
      'also ask http and private addresses (default where the chain itself is on this machine alone)',
    )
    .option('--content-gateway <url>', "who is asked for ipfs:// files (default: the network's gateway)")
}

export function ledgerOf(home: Home): LedgerView {
  const network = networkOf(home)
  return { network, reader: createLedgerReader(network) }
}

/** Throws `agents/bad-agent-id`. */
export function agentIdOf({ network }: Pick<LedgerView, 'network'>, text: string): bigint {
  return parseAgentId(text, { chainId: network.chainId, registry: network.contracts.identity }).agentId
}

/** On a network whose ledger is on this machine its agents are too. */
export function resolveOptionsOf({ network }: LedgerView, options: AskOptions): ResolveOptions {
  const gateway = options.contentGateway ?? network.gatewayUrl
  return {
    allowPrivate: options.allowPrivate ?? isOneMachine(network),
    contentGateways: gateway === undefined ? [] : [gateway.replace(/\/$/, '')],
  }
}

/** Checks as a table, and in a line how they went. `typed` gets our own next steps alone: the rest carries what strangers wrote. */
export function checksText(
  checks: readonly (Check & { readonly nextStep?: string })[],
  typed: (text: string) => string = (text) => text,
): string {
  const failed = checks.filter(({ state }) => state === 'fail').length
  const open = checks.filter(({ state }) => state === 'notChecked').length
  const rows = checks.map(({ state, name, detail }) => [marks[state], name, detail])
  const steps = checks.flatMap(({ state, name, nextStep }) =>
    state === 'fail' && nextStep !== undefined ? [`- ${name}: ${typed(nextStep)}`] : [],
  )
  const summary =
    failed > 0 ? `${failed} CHECKS FAILED` : `nothing failed; ${checks.length - open} passed, ${open} not checked`
  return [table(['result', 'check', 'what was looked at'], rows), '', summary, ...new Set(steps)].join('\n')
}
