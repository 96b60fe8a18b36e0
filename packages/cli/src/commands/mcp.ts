import { existsSync } from 'node:fs'
import { McpHttpServer, serveMcpOverStdio } from '@koinon/agents/provider'
import {
  bytesToHex,
  formatUnits,
  isKoinonError,
  KoinonError,
  namingFetch,
  parseUnits,
  picoUsdDecimals,
  systemClock,
  systemRandom,
} from '@koinon/base'
import { isLoopbackHost } from '@koinon/base/node'
import { createLedgerReader, listSubnets, readSubnet } from '@koinon/ledger'
import {
  currentApiKey,
  defaultHomePath,
  existingAccountKey,
  findBudget,
  type Home,
  homeAt,
  programVersion,
} from '@koinon/node/home'
import { budgetsJson, createServicePayer, networkOf, receiptOf } from '@koinon/node/wallet'
import { type NetworkPorts, networkMcp, SpendCeiling } from '@koinon/sdk/mcp'
import { HoldingsReader } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { gatewayUrlOf } from '../gateway-url.ts'
import { keepPaidReceipt, readPaidReceipt } from '../paid-receipts.ts'
import { holdingsJson } from '../pool-words.ts'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'
import { subnetJson } from '../subnet-words.ts'

type McpOptions = StayOptions & {
  readonly http?: boolean
  readonly host: string
  readonly port: string
  readonly maxTotal: string
  readonly budget?: string
  readonly gateway?: string
  readonly key?: string
  readonly allowHost?: readonly string[]
  readonly allowOrigin?: readonly string[]
}

/** `koinon mcp`: the network's verbs for programs that speak the Model Context Protocol. */
export function defineMcp(mcp: Command): void {
  mcp
    .option('--max-total <dollars>', 'the most that everything done through this server may cost while it runs', '0.10')
    .option(
      '--budget <name>',
      'pay services and agents from this budget, by its session key; without one only models are paid, from the channel of the API key',
    )
    .option('--http', 'serve Streamable HTTP at /mcp instead of standard input and output')
    .option(
      '--host <address>',
      'address to bind with --http; beyond this machine a bearer token is asked for',
      '127.0.0.1',
    )
    .option('--port <n>', 'port to bind with --http; 0 takes a free one', '0')
    .option('--allow-host <name...>', 'further host names under which the server may be reached, with port')
    .option('--allow-origin <origin...>', 'origins of web pages that may use the server')
    .option('--gateway <url>', "gateway (default: the key's own)")
    .option('--key <api key>', 'API key that pays for models (default: the newest of this home)')
    .addHelpText(
      'after',
      '\nIn the settings of a program that speaks MCP: command "koinon", arguments "mcp". Models are paid from the channel of the API key (a home without one is not offered call_model), services and agents from the budget alone, and without a budget pay and hire refuse; --max-total bounds all of it, and no tool raises any.',
    )
    .action(async (_options: unknown, command: Command) => serve(command.optsWithGlobals<McpOptions>()))
}

async function serve(options: McpOptions): Promise<void> {
  if (options.http !== true) {
    const { definition, close } = openMcp(options)
    await serveMcpOverStdio(definition)
    await close()
    process.exit(0)
  }
  const isOpen = !isLoopbackHost(options.host)
  const bearerToken = isOpen ? bytesToHex(systemRandom(32)).slice(2) : undefined
  await stay<{ readonly url: string }>({
    options,
    create: async () => {
      const { definition, close } = openMcp(options)
      const port = parseInteger(options.port, '--port', 0, 65_535)
      const server = new McpHttpServer({
        definition,
        host: options.host,
        port,
        nowMs: systemClock.nowMs,
        hosts: [...(options.allowHost ?? []), `${options.host}:${port}`].map((host) => host.toLowerCase()),
        origins: options.allowOrigin ?? [],
        ...(bearerToken === undefined ? {} : { bearerToken }),
      })
      return {
        start: async () => ({ url: `http://${options.host}:${await server.start()}/mcp` }),
        stop: async () => {
          await server.stop()
          await close()
        },
        stopRequested: new Promise<never>(() => undefined),
      }
    },
    readyJson: ({ url }) => ({ pid: process.pid, url, ...(bearerToken === undefined ? {} : { bearerToken }) }),
    welcome: ({ url }) =>
      `MCP at ${url}\nIt spends at most ${formatUnits(ceilingOf(options), picoUsdDecimals)} dollars.\n${bearerToken === undefined ? '' : `Programs show this token: authorization: Bearer ${bearerToken}\n`}`,
    goodbye: 'stopped',
  })
}

/** What the command serves; `close` lets go of the budget. Throws `node/*`, `home/*`, `usage/one-of` and `usage/bad-number`. */
export function openMcp(options: Omit<McpOptions, 'host' | 'port'>): {
  readonly definition: ReturnType<typeof networkMcp>
  close(): Promise<void>
} {
  const home = homeAt(options.home ?? defaultHomePath())
  if (options.budget !== undefined && options.gateway !== undefined)
    throw new KoinonError({
      code: 'usage/one-of',
      message: '--budget pays on the network of the home, and --gateway names a gateway of any',
      hint: 'Leave one of them out.',
    })
  if (options.budget !== undefined) networkOf(home)
  const stored = options.key === undefined && options.gateway === undefined ? storedKey(home) : undefined
  const network = existsSync(home.networkFile) && options.gateway === undefined ? networkOf(home) : undefined
  const apiKey = options.key ?? stored?.apiKey
  const gatewayUrl =
    options.gateway ?? stored?.gatewayUrl ?? (network === undefined ? undefined : gatewayUrlOf(network))
  if (gatewayUrl === undefined)
    throw new KoinonError({
      code: 'node/no-gateway',
      message: `The home ${home.path} belongs to no network`,
      hint: 'Join one ("koinon join <gateway URL>") or name a gateway with --gateway.',
    })
  const spending = network === undefined ? undefined : spendingPorts(home, network, options)
  const ports: NetworkPorts = {
    gatewayUrl: gatewayUrl.replace(/\/+$/, ''),
    version: programVersion,
    ceiling: new SpendCeiling(ceilingOf(options)),
    fetch: namingFetch(fetch),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(network === undefined
      ? {}
      : {
          chainId: network.chainId,
          receipts: {
            keep: ({ answered, ...answer }) => {
              const payment = receiptOf(answered)
              return keepPaidReceipt(home, { ...answer, ...(payment === undefined ? {} : { payment }) })?.id
            },
            find: (id) => readPaidReceipt(home, id),
          },
          ...ledgerPorts(home, network),
          ...spending?.ports,
        }),
  }
  return { definition: networkMcp(ports), close: async () => spending?.close() }
}

/** Only a budget pays: the wallet's key is not for programs that read what strangers wrote. */
function spendingPorts(
  home: Home,
  network: ReturnType<typeof networkOf>,
  options: Pick<McpOptions, 'budget' | 'maxTotal'>,
): { readonly ports: Pick<NetworkPorts, 'payer' | 'budget'>; close(): Promise<void> } {
  const { budget } = options
  if (budget === undefined) {
    const refuse = () => Promise.reject(noBudget())
    return { ports: { payer: { pay: refuse, payMessage: refuse } }, close: async () => undefined }
  }
  const { grantHash } = findBudget(home, budget)
  const payer = createServicePayer(home, ceilingOf(options), { budget: grantHash })
  const read = async () => {
    const { budgets } = await budgetsJson(home, network, systemClock.nowMs())
    return budgets.find((item) => item.grantHash === grantHash)
  }
  return { ports: { payer, budget: read }, close: payer.close }
}

function noBudget(): KoinonError {
  return new KoinonError({
    code: 'mcp/no-budget',
    message: 'This server was started without a budget, so it pays no service and hires nobody',
    hint: 'The owner grants one with "koinon budget grant --to ACCOUNT --service ORIGIN --on-chain --label mcp" and starts "koinon mcp --budget mcp".',
  })
}

function storedKey(home: Home): ReturnType<typeof currentApiKey> | undefined {
  if (!existsSync(home.apiKeys)) return undefined
  try {
    return currentApiKey(home)
  } catch (error) {
    if (isKoinonError(error) && error.code === 'home/no-api-key') return undefined
    throw error
  }
}

function ledgerPorts(home: Home, network: ReturnType<typeof networkOf>): Pick<NetworkPorts, 'subnets' | 'holdings'> {
  const view = { network, reader: createLedgerReader(network) }
  return {
    subnets: async () => {
      const netuids = await listSubnets(view)
      return Promise.all(netuids.map(async (netuid) => subnetJson(await readSubnet(view, netuid))))
    },
    holdings: async () => {
      const { address } = existingAccountKey(home, 'wallet')
      return holdingsJson(address, await new HoldingsReader(view, address).read())
    },
  }
}

function ceilingOf({ maxTotal }: Pick<McpOptions, 'maxTotal'>): bigint {
  if (/^\d{1,6}(\.\d{1,12})?$/.test(maxTotal)) return parseUnits(maxTotal, picoUsdDecimals)
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `--max-total takes dollars, not "${maxTotal.slice(0, 40)}"`,
    hint: 'For example: --max-total 0.10.',
  })
}
