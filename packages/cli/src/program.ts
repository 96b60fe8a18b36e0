import { Command } from 'commander'
import { defineAudit } from './commands/audit.ts'
import { defineChat } from './commands/chat.ts'
import { defineCompletion } from './commands/completion.ts'
import { defineDoctor } from './commands/doctor.ts'
import { defineDown } from './commands/down.ts'
import { defineEpoch } from './commands/epoch.ts'
import { defineJoin } from './commands/join.ts'
import { defineKeys } from './commands/keys.ts'
import { defineLogs } from './commands/logs.ts'
import { defineMiner } from './commands/miner.ts'
import { defineNetwork } from './commands/network.ts'
import { defineProvider } from './commands/provider.ts'
import { defineReceipt } from './commands/receipt.ts'
import { defineStatus } from './commands/status.ts'
import { defineSubnet } from './commands/subnet.ts'
import { defineUp } from './commands/up.ts'
import { defineValidator } from './commands/validator.ts'
import { defineVersion } from './commands/version.ts'
import { defineWallet } from './commands/wallet.ts'
import { asTyped, type CommandStyle, commandStyle } from './next-step.ts'

/** The whole command tree, a file a command. Modules that are heavy are loaded by the command that needs them. */
export async function createProgram(style: CommandStyle = commandStyle(undefined)): Promise<Command> {
  // Help is about any home.
  const typed = (text: string): string => asTyped(text, { program: style.program })
  const program = new Command('koinon')
    .description('Run, join and use a decentralized AI network.')
    .option('--home <dir>', 'folder that holds keys, ledger and logs (default: ~/.koinon)')
    .option('--json', 'one JSON object on standard output; never asks')
    .option('-q, --quiet', 'print no progress on standard error')
    .showSuggestionAfterError()
    .showHelpAfterError('(see "koinon --help")')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(typed(text)),
      writeErr: (text) => void process.stderr.write(typed(text)),
    })
  const definitions = [
    defineUp,
    defineDown,
    defineStatus,
    defineDoctor,
    defineChat,
    defineReceipt,
    defineWallet,
    defineKeys,
    defineJoin,
    defineProvider,
    defineMiner,
    defineValidator,
    defineNetwork,
    defineSubnet,
    defineEpoch,
    defineAudit,
    defineLogs,
    defineVersion,
    defineCompletion,
  ]
  for (const define of definitions) define(program)
  program.addHelpText(
    'after',
    `
First steps:
  koinon up                              a whole network on this machine, until Ctrl-C
  koinon chat "What is a subnet?"        from another terminal
  koinon receipt verify <id> --level L2  check the answer: replay it, bit by bit
  koinon <command> --help                more about a command`,
  )
  return program
}
