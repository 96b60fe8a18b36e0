import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  AgentAnnouncer,
  type AgentDefinition,
  AgentServer,
  agentSchema,
  defineAgent,
  priceOf,
} from '@koinon/agents/provider'
import { formatUnits, KoinonError, parseUnits, picoUsdDecimals, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { accountKey, defaultHomePath, openHome } from '@koinon/node/home'
import { openAgentTill } from '@koinon/node/paywall'
import { createServicePayer, networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'

type RunOptions = StayOptions & {
  readonly host: string
  readonly port: string
  readonly publicUrl?: string
  readonly list?: boolean
}

/** `koinon agent run FILE`: serves the agent of one file until Ctrl-C. */
export function defineAgentRun(agent: Command): void {
  agent
    .command('run')
    .description('serve the agent of one TypeScript file: HTTP, A2A and MCP on one port, until Ctrl-C')
    .argument('<file>', 'file that exports "agent", made by defineAgent of @koinon/sdk/agent')
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--port <n>', 'port to bind; 0 takes a free one', '0')
    .option('--public-url <url>', 'URL under which others reach this machine')
    .option('--no-list', "do not put the agent into the book of the network's gateway")
    .addHelpText(
      'after',
      '\nTasks survive a crash: what was under way is run a second time, never a third.\nWhat is sold is paid to the account of the home (x402, MPP), and one process at a time sells for it: give each selling agent a home of its own.\nWhat its handlers buy is paid by that account, within the budget of the file. Without a network only free services are served.',
    )
    .action(async (file: string, _options: unknown, command: Command) =>
      run(file, command.optsWithGlobals<RunOptions>()),
    )
}

type Ready = {
  readonly url: string
  readonly services: readonly string[]
  readonly left: readonly string[]
  readonly name: string
}

function run(file: string, options: RunOptions): Promise<never> {
  let ended = ''
  return stay<Ready>({
    options,
    create: async (say) => {
      const definition = await loadAgent(file)
      const home = openHome(options.home ?? defaultHomePath())
      const network = existsSync(home.networkFile) ? networkOf(home) : undefined
      const isSelling = definition.services.some((service) => priceOf(service) > 0n)
      if (network !== undefined && isSelling) accountKey(home, 'wallet', systemRandom)
      const till = network !== undefined && isSelling ? await openAgentTill(home, systemClock) : undefined
      const totalPicoUsd = parseUnits(definition.budget?.totalDollars ?? '0', picoUsdDecimals)
      const payer =
        network !== undefined && totalPicoUsd > 0n
          ? createServicePayer(home, totalPicoUsd, { purpose: `agent-${slug(definition.name)}` })
          : undefined
      const store = await DurableStore.open(join(home.path, `agent-${slug(definition.name)}.sqlite`), agentSchema)
      const server = new AgentServer({
        definition,
        host: options.host,
        port: parseInteger(options.port, '--port', 0, 65_535),
        store,
        clock: systemClock,
        random: systemRandom,
        onError: (error) => say(`a handler failed: ${error instanceof Error ? error.message : String(error)}`),
        ...(till === undefined ? {} : { till }),
        ...(payer === undefined ? {} : { payer }),
        ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      })
      const gatewayUrl = options.list === false ? undefined : network?.gatewayUrl
      let announcer: AgentAnnouncer | undefined
      let problem: string | undefined
      return {
        start: async () => {
          const url = await server.start()
          if (network !== undefined && gatewayUrl !== undefined) {
            announcer = new AgentAnnouncer({
              gatewayUrl,
              chainId: network.chainId,
              secretKey: accountKey(home, `agent-${slug(definition.name)}`, systemRandom).secretKey,
              content: () => server.documents().content,
              clock: systemClock,
              onAttempt: (next) => {
                if (next !== undefined && next !== problem) say(`not in the book of ${gatewayUrl}: ${next}`)
                problem = next
              },
            })
            announcer.start()
          }
          const services = server.services.map(({ name }) => name)
          const left = definition.services.map(({ name }) => name).filter((name) => !services.includes(name))
          return { url, services, left, name: definition.name }
        },
        stop: async () => {
          await announcer?.stop()
          await server.stop()
          if (till !== undefined) ended = `; ${await earnedSentence(till)}`
          await till?.stop()
          await payer?.close()
          await store.close()
        },
        stopRequested: new Promise<never>(() => undefined),
      }
    },
    readyJson: (ready) => ({ pid: process.pid, ...ready }),
    welcome: ({ url, services, left, name }) =>
      `${name} at ${url}\nServices: ${services.join(', ') || 'none'}\n${left.length === 0 ? '' : `Not served, because this home belongs to no network: ${left.join(', ')}\n`}A2A ${url}/a2a, MCP ${url}/mcp, HTTP ${url}/services/NAME\n`,
    get goodbye() {
      return `stopped; tasks are kept${ended}`
    },
  })
}

/** The agent that a file exports. Throws `agents/bad-file`, or what is wrong with it. */
export async function loadAgent(file: string): Promise<AgentDefinition> {
  const path = resolve(file)
  if (!existsSync(path))
    throw new KoinonError({ code: 'agents/bad-file', message: `There is no file ${path}`, hint: 'Check the path.' })
  const module = (await import(pathToFileURL(path).href).catch((cause: Error) => {
    throw new KoinonError({
      code: 'agents/bad-file',
      message: `${path} cannot be loaded: ${cause.message}`,
      hint: 'Run it with "node FILE" to see where it fails.',
      cause,
    })
  })) as { readonly agent?: AgentDefinition }
  if (module.agent !== undefined) return defineAgent(module.agent)
  throw new KoinonError({
    code: 'agents/bad-file',
    message: `${path} exports no "agent"`,
    hint: 'Write: export const agent = defineAgent({...})',
  })
}

async function earnedSentence(till: Pick<Awaited<ReturnType<typeof openAgentTill>>, 'earnings'>): Promise<string> {
  const { calls, earnedAtomic } = await till.earnings()
  return `${calls} calls sold for ${formatUnits(BigInt(earnedAtomic), 6)} dollars`
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
}
