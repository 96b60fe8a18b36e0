import type { Command } from 'commander'

type TopCommand = {
  readonly name: string
  readonly description: string
  /** Gives the command its arguments, options, subcommands and action. */
  readonly load: () => Promise<(command: Command) => void>
}

/** What may follow `koinon`, in the order of the help. A command's file is loaded when it is called: help and small commands start at once. */
const topCommands: readonly TopCommand[] = [
  {
    name: 'up',
    description: 'start a whole network on this machine and stay with it until Ctrl-C',
    load: async () => (await import('./commands/up.ts')).defineUp,
  },
  {
    name: 'down',
    description: 'stop what runs on this home',
    load: async () => (await import('./commands/down.ts')).defineDown,
  },
  {
    name: 'status',
    description: 'what runs on this home, and how it is',
    load: async () => (await import('./commands/status.ts')).defineStatus,
  },
  {
    name: 'doctor',
    description: 'look at this machine and this home, and say what to mend',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'chat',
    description: 'ask the network something and see who answered, what it cost and how it was checked',
    load: async () => (await import('./commands/chat.ts')).defineChat,
  },
  {
    name: 'mcp',
    description: "the network's verbs as tools for programs that speak the Model Context Protocol",
    load: async () => (await import('./commands/mcp.ts')).defineMcp,
  },
  {
    name: 'receipt',
    description: 'receipts of your answers',
    load: async () => (await import('./commands/receipt.ts')).defineReceipt,
  },
  {
    name: 'wallet',
    description: 'the account of this home',
    load: async () => (await import('./commands/wallet.ts')).defineWallet,
  },
  {
    name: 'pay',
    description:
      'ask an address that wants money (x402), pay it from this home within limits, and show answer and receipt',
    load: async () => (await import('./commands/pay.ts')).definePay,
  },
  {
    name: 'payments',
    description: 'what the gateway sells by the call: payments and refusals of a day, channels, settlements, gas saved',
    load: async () => (await import('./commands/payments.ts')).definePayments,
  },
  {
    name: 'proxy',
    description: 'a door on this machine for programs that cannot pay: what they ask is paid upstream, within limits',
    load: async () => (await import('./commands/proxy.ts')).defineProxy,
  },
  {
    name: 'keys',
    description: 'API keys of this home',
    load: async () => (await import('./commands/keys.ts')).defineKeys,
  },
  {
    name: 'budget',
    description: 'what an agent may spend of your money: grant it, see what is left, approve, revoke',
    load: async () => (await import('./commands/budget.ts')).defineBudget,
  },
  {
    name: 'join',
    description: 'make this home part of an existing network',
    load: async () => (await import('./commands/join.ts')).defineJoin,
  },
  {
    name: 'provider',
    description: 'sell the answers of this machine on the network this home joined',
    load: async () => (await import('./commands/provider.ts')).defineProvider,
  },
  {
    name: 'miner',
    description: 'answer the questions of a subnet that is one file, and earn',
    load: async () => (await import('./commands/miner.ts')).defineMiner,
  },
  {
    name: 'validator',
    description: 'check the work of miners on the network this home joined, vote on what they earn, and earn by it',
    load: async () => (await import('./commands/validator.ts')).defineValidator,
  },
  {
    name: 'facilitator',
    description: 'settle x402 payments of any server on the network of this home, for the gas they cost its wallet',
    load: async () => (await import('./commands/facilitator.ts')).defineFacilitator,
  },
  {
    name: 'paywall',
    description: 'sell the calls of any HTTP API to clients of x402 and MPP, paid to the account of this home',
    load: async () => (await import('./commands/paywall.ts')).definePaywall,
  },
  {
    name: 'network',
    description: 'networks on any EVM chain',
    load: async () => (await import('./commands/network.ts')).defineNetwork,
  },
  {
    name: 'subnet',
    description:
      'subnets, each a market for one kind of work with a token of its own, alpha: write one, try it, make it; see what validators say of miners; trade and stake alpha',
    load: async () => (await import('./commands/subnet.ts')).defineSubnet,
  },
  {
    name: 'agent',
    description: 'who is who: register agents, look them up, check a listing, rate what was paid for, explain trust',
    load: async () => (await import('./commands/agent.ts')).defineAgent,
  },
  {
    name: 'epoch',
    description: 'epochs of a subnet: weights, results, who was paid what and why',
    load: async () => (await import('./commands/epoch.ts')).defineEpoch,
  },
  {
    name: 'job',
    description: 'work for money in escrow: post it, bid for it, do it, judge it',
    load: async () => (await import('./commands/job.ts')).defineJob,
  },
  {
    name: 'audit',
    description: 'compute a network again from public chain data: what agrees, what differs, what could not be checked',
    load: async () => (await import('./commands/audit.ts')).defineAudit,
  },
  {
    name: 'logs',
    description: 'what the roles of this home wrote; without a role, the last lines of each',
    load: async () => (await import('./commands/logs.ts')).defineLogs,
  },
  {
    name: 'version',
    description: 'versions of this program and of what it runs on',
    load: async () => (await import('./commands/version.ts')).defineVersion,
  },
  {
    name: 'completion',
    description: 'print a completion script: koinon completion bash >> ~/.bashrc',
    load: async () => (await import('./commands/completion.ts')).defineCompletion,
  },
]

/** Adds every command by name and description; what is called is defined as soon as it is known. */
export function addCommands(program: Command): void {
  for (const { name, description } of topCommands) program.command(name).description(description)
  const defined = new WeakSet<Command>()
  program.hook('preSubcommand', async (_program, command) => {
    if (defined.has(command)) return
    defined.add(command)
    await defineCommand(command)
  })
}

/** Defines what {@link addCommands} added, whole, for who looks at the tree instead of calling a command. Once a program. */
export async function defineEveryCommand(program: Command): Promise<Command> {
  for (const command of program.commands) await defineCommand(command)
  return program
}

async function defineCommand(command: Command): Promise<void> {
  const found = topCommands.find(({ name }) => name === command.name())
  if (found !== undefined) (await found.load())(command)
  pointToHelp(command, `koinon ${command.name()}`)
}

/** Whoever wrote a command wrongly is sent to its own help. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(see "${path} --help")`)
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`)
}
