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
import {
  formatUnits,
  KoinonError,
  namingFetch,
  parseUnits,
  picoUsdDecimals,
  systemClock,
  systemRandom,
} from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { accountKey, defaultHomePath, openHome } from '@koinon/node/home'
import { AgentListing, lockAgent, openAgentTill } from '@koinon/node/paywall'
import { createServicePayer, networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'

type RunOptions = StayOptions & {
  readonly host: string
  readonly port: string
  readonly publicUrl?: string
  readonly list?: boolean
  readonly register?: boolean
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
    .option('--no-register', 'do not register the agent on the ledger (ERC-8004)')
    .addHelpText(
      'after',
      "\nThe first run registers the agent (ERC-8004) by an account of its own, whose key and id the home keeps; later runs keep its file's address up to date. Where there is no faucet, the command says which address needs gas.\nTasks survive a crash: what was under way is run a second time, never a third.\nWhat is sold is paid to the account of the home (x402, MPP), and one process at a time sells for it: give each selling agent a home of its own.\nWhat its handlers buy is paid by that account, within the budget of the file. Without a network only free services are served.",
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
  readonly isJoined: boolean
  readonly account?: string
  readonly agent?: string
}

function run(file: string, options: RunOptions): Promise<never> {
  let ended = ''
  return stay<Ready>({
    options,
    create: async (say) => {
      const definition = await loadAgent(file)
      const home = openHome(options.home ?? defaultHomePath())
      const label = `agent-${slug(definition.name)}` as const
      const unlock = await lockAgent(home, label)
      const network = existsSync(home.networkFile) ? networkOf(home) : undefined
      const isSelling = definition.services.some((service) => priceOf(service) > 0n)
      if (network !== undefined && isSelling) accountKey(home, 'wallet', systemRandom)
      const till = network !== undefined && isSelling ? await openAgentTill(home, systemClock) : undefined
      const totalPicoUsd = parseUnits(definition.budget?.maxTotalDollars ?? '0', picoUsdDecimals)
      const payer =
        network !== undefined && totalPicoUsd > 0n
          ? createServicePayer(home, totalPicoUsd, { purpose: label })
          : undefined
      const store = await DurableStore.open(join(home.path, `${label}.sqlite`), agentSchema)
      const server = new AgentServer({
        definition,
        host: options.host,
        port: parseInteger(options.port, '--port', 0, 65_535),
        store,
        clock: systemClock,
        random: systemRandom,
        fetch: namingFetch(fetch),
        onError: (error) => say(`a handler failed: ${error instanceof Error ? error.message : String(error)}`),
        ...(till === undefined ? {} : { till }),
        ...(payer === undefined ? {} : { payer }),
        ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      })
      const gatewayUrl = options.list === false ? undefined : network?.gatewayUrl
      const key = network === undefined ? undefined : accountKey(home, label, systemRandom)
      const listing =
        network === undefined || key === undefined || options.register === false
          ? undefined
          : new AgentListing({
              home,
              network,
              key,
              say,
              ...(till === undefined ? {} : { wallet: accountKey(home, 'wallet', systemRandom) }),
            })
      let announcer: AgentAnnouncer | undefined
      let problem: string | undefined
      let isListed = false
      return {
        start: async () => {
          const url = await server.start()
          if (listing?.known !== undefined) server.nameRegistrations([listing.known])
          void listing?.register(url).then((registration) => {
            if (registration !== undefined) server.nameRegistrations([registration])
          })
          if (network !== undefined && key !== undefined && gatewayUrl !== undefined) {
            announcer = new AgentAnnouncer({
              gatewayUrl,
              chainId: network.chainId,
              secretKey: key.secretKey,
              content: () => server.documents().content,
              clock: systemClock,
              fetch: namingFetch(fetch),
              onAttempt: (next) => {
                if (next !== undefined && next !== problem) say(`not in the book of ${gatewayUrl}: ${next}`)
                if (next === undefined && !isListed) say(`in the book of ${gatewayUrl}, for as long as it runs`)
                isListed = next === undefined
                problem = next
              },
            })
            announcer.start()
          }
          const services = server.services.map(({ name }) => name)
          const left = definition.services.map(({ name }) => name).filter((name) => !services.includes(name))
          const agent = listing?.name
          return {
            url,
            services,
            left,
            name: definition.name,
            isJoined: network !== undefined,
            ...(key === undefined ? {} : { account: key.address }),
            ...(agent === undefined ? {} : { agent }),
          }
        },
        stop: async () => {
          await announcer?.stop()
          await server.stop()
          if (till !== undefined) ended = `; ${await earnedSentence(till)}`
          await till?.stop()
          await payer?.close()
          await store.close()
          unlock()
        },
        stopRequested: new Promise<never>(() => undefined),
      }
    },
    readyJson: (ready) => ({ pid: process.pid, ...ready }),
    welcome: ({ url, services, left, name, isJoined }) =>
      `${name} at ${url}\nServices: ${services.join(', ') || 'none'}\n${left.length === 0 ? '' : `Not served, because this home belongs to no network: ${left.join(', ')}\n`}${isJoined ? '' : notJoined}A2A ${url}/a2a, MCP ${url}/mcp, HTTP ${url}/services/NAME\n`,
    get goodbye() {
      return `stopped; tasks are kept${ended}`
    },
  })
}

const notJoined =
  'Not registered and in no book, because this home belongs to no network. Join one and run it again: koinon join URL\n'

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
