import type { McpTool } from '@koinon/agents/provider'
import { untrustedJson } from '@koinon/agents/rules'
import { formatUnits, picoUsdDecimals } from '@koinon/base'
import { gatewayJson } from './gateway-models.ts'
import { answer, ownAnswer } from './model-tools.ts'
import type { NetworkPorts } from './ports.ts'
import { verifyReceiptTool } from './receipt-tool.ts'

const nothing = { type: 'object', properties: {}, additionalProperties: false } as const

/** Finding what is on offer, how things stand, and checking receipts. Nothing here spends. */
export function networkTools(ports: NetworkPorts): readonly McpTool[] {
  return [status(ports), findModels(ports), findAgents(ports), verifyReceiptTool(ports), ...stakeTools(ports)]
}

function status(ports: NetworkPorts): McpTool {
  return {
    name: 'status',
    description: 'Whether the network answers, and how much this server may still spend.',
    inputSchema: nothing,
    annotations: { readOnlyHint: true },
    run: async (_input, { signal }) => {
      const ready = await gatewayJson(ports, '/readyz', signal).catch((error: Error) => ({ problem: error.message }))
      return ownAnswer({
        gateway: ports.gatewayUrl,
        ready: untrustedJson('the gateway', ready),
        ceilingDollars: formatUnits(ports.ceiling.maximumPicoUsd, picoUsdDecimals),
        spentDollars: formatUnits(ports.ceiling.spentPicoUsd, picoUsdDecimals),
        leftOfCeilingDollars: formatUnits(ports.ceiling.leftPicoUsd, picoUsdDecimals),
      })
    },
  }
}

function findModels(ports: NetworkPorts): McpTool {
  return {
    name: 'find_models',
    description: 'Models on offer with prices (pico-dollars, 1e-12 dollar, a token) and providers.',
    inputSchema: nothing,
    annotations: { readOnlyHint: true },
    run: async (_input, { signal }) => answer('the gateway', await gatewayJson(ports, '/v1/models', signal)),
  }
}

function findAgents(ports: NetworkPorts): McpTool {
  return {
    name: 'find_agents',
    description: "Agents and their services in the gateway's book: addresses, prices, protocols, until when it holds.",
    inputSchema: {
      type: 'object',
      properties: { words: { type: 'string', maxLength: 200, description: 'Words of a name or a description' } },
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true },
    run: async (input, { signal }) => {
      const words = encodeURIComponent(String(input['words'] ?? ''))
      return answer('agents, of themselves', await gatewayJson(ports, `/v1/agents?words=${words}`, signal))
    },
  }
}

function stakeTools({ subnets, holdings }: NetworkPorts): readonly McpTool[] {
  const reads = [
    { name: 'subnets', description: 'Subnets of the network, from the ledger.', read: subnets },
    { name: 'stake_status', description: 'Stake, alpha and dividends of the owner, from the ledger.', read: holdings },
  ]
  return [
    ...reads.flatMap(({ name, description, read }): readonly McpTool[] =>
      read === undefined
        ? []
        : [
            {
              name,
              description,
              inputSchema: nothing,
              annotations: { readOnlyHint: true },
              run: async () => answer('the ledger; names are of strangers', await read()),
            },
          ],
    ),
    ...(holdings === undefined ? [] : [proposeStake()]),
  ]
}

function proposeStake(): McpTool {
  return {
    name: 'propose_stake',
    description:
      'Writes down a stake for the owner to decide: returns the command that would do it. Nothing is signed and nothing is sent.',
    inputSchema: {
      type: 'object',
      properties: {
        netuid: { type: 'integer', minimum: 0, maximum: 65_535 },
        amount: {
          type: 'string',
          pattern: '^\\d{1,12}(\\.\\d{1,18})?$',
          description: 'Alpha of the subnet; KOIN where netuid is 0',
        },
        hotkey: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' },
      },
      required: ['netuid', 'amount', 'hotkey'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true },
    run: async (input) => {
      const { netuid, amount, hotkey } = input as Readonly<Record<string, string | number>>
      const command = `koinon subnet stake ${netuid} ${hotkey} ${amount}`
      return { content: [{ type: 'text', text: JSON.stringify({ proposal: command, isDone: false }) }] }
    },
  }
}
