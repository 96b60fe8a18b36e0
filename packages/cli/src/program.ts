import { Command } from 'commander'
import { asTyped, type CommandStyle, commandStyle } from './next-step.ts'
import { addCommands } from './top-commands.ts'

/** The command tree, a file a command. */
export function createProgram(style: CommandStyle = commandStyle(undefined)): Command {
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
  addCommands(program)
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
