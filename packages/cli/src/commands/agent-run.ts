import { defaultHomePath, openHome } from '@koinon/node/home'
import type { Command } from 'commander'
import { loadAgent } from '../agent-file.ts'
import { HomeAgent, type ServedAgent } from '../home-agent.ts'
import { asTyped, commandStyle } from '../next-step.ts'
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

function run(file: string, options: RunOptions): Promise<never> {
  let served: HomeAgent | undefined
  return stay<ServedAgent>({
    options,
    create: async (say) => {
      const agent = await HomeAgent.open({
        definition: await loadAgent(file),
        home: openHome(options.home ?? defaultHomePath()),
        host: options.host,
        port: parseInteger(options.port, '--port', 0, 65_535),
        isListed: options.list !== false,
        isRegistered: options.register !== false,
        say,
        typed: (text) => asTyped(text, commandStyle(options.home)),
        ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      })
      served = agent
      return {
        start: () => agent.start(),
        stop: () => agent.stop(),
        stopRequested: new Promise<never>(() => undefined),
      }
    },
    readyJson: (ready) => ({ pid: process.pid, ...ready }),
    welcome,
    get goodbye() {
      return `stopped; tasks are kept${served?.earned === undefined ? '' : `; ${served.earned}`}`
    },
  })
}

function welcome({ url, services, name }: ServedAgent): string {
  return `${name} at ${url}\nServices: ${services.join(', ') || 'none'}\nA2A ${url}/a2a, MCP ${url}/mcp, HTTP ${url}/services/NAME\n`
}
