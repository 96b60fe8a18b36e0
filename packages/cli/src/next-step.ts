/** How a command is written for the person who is to type it: with `npx` where `koinon` is not on PATH, and with the home in use. */
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

export type CommandStyle = {
  readonly program: 'koinon' | 'npx koinon'
  /** Absolute; left out where it is the one that commands take by themselves. */
  readonly homePath?: string
}

/** Commands by their first word, with those that may follow it. */
const commands: Readonly<Record<string, readonly string[]>> = {
  up: [],
  down: [],
  status: [],
  doctor: [],
  chat: [],
  mcp: [],
  pay: [],
  proxy: [],
  payments: [],
  facilitator: [],
  paywall: [],
  budget: ['grant', 'list', 'explain', 'approve', 'revoke', 'withdraw', 'delegate'],
  agent: ['register', 'list', 'show', 'check', 'rate', 'trust', 'run'],
  job: ['post', 'bid', 'award', 'submit', 'accept', 'reject', 'dispute', 'refund', 'list', 'show'],
  receipt: ['list', 'show', 'verify'],
  wallet: ['new', 'balance', 'faucet', 'send'],
  keys: ['create', 'list', 'revoke', 'withdraw', 'top-up'],
  'join URL': [],
  join: [],
  provider: ['start', 'stop', 'status', 'withdraw'],
  validator: ['start', 'list', 'withdraw', 'take', 'children'],
  network: ['deploy', 'sim'],
  miner: ['start', 'status', 'stop', 'withdraw'],
  subnet: [
    ...['dev', 'sim', 'deploy', 'explain', 'replay', 'create', 'show', 'list'],
    ...['metagraph', 'buy', 'sell', 'stake', 'unstake', 'withdraw', 'claim-root', 'move', 'holdings', 'parts'],
    ...['announce', 'owner-hotkey'],
    ...['what-if', 'auto-stake', 'lock', 'unlock', 'contest', 'take-over'],
  ],
  epoch: ['show', 'run', 'confirm', 'accuse'],
  'audit export': [],
  audit: [],
  logs: [],
  version: [],
  completion: [],
}
const words = Object.entries(commands).map(([first, rest]) =>
  rest.length === 0 ? first : `${first} (?:${rest.join('|')})`,
)
const typedCommand = new RegExp(
  `(?<![\\w./-]|npx )koinon (${words.join('|')}|(?:[a-z]+ )?(?:\\[options\\]|--help)|COMMAND|<command>)(?![\\w-])`,
  'g',
)

/** `env` and `defaultPath` are the process's own when left out. */
export function commandStyle(
  homePath: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  defaultPath: string = join(homedir(), '.koinon'),
): CommandStyle {
  const home = resolve(homePath ?? env['KOINON_HOME'] ?? defaultPath)
  return {
    program: isFromNpm(env) || !isOnPath(env) ? 'npx koinon' : 'koinon',
    ...(home === resolve(defaultPath) ? {} : { homePath: home }),
  }
}

/** The text with every command in it as it has to be typed. A command that names its home keeps it. */
export function asTyped(text: string, { program, homePath }: CommandStyle): string {
  return text.replace(typedCommand, (match, command: string, at: number) => {
    const isQuoted = text[at - 1] === '"' || text[at - 1] === '`'
    const [rest = ''] = text.slice(at + match.length).split(isQuoted ? /["`\n]/ : '\n')
    const isWhole =
      homePath === undefined ||
      rest.includes('--home ') ||
      command.endsWith('--help') ||
      ['COMMAND', '<command>'].includes(command)
    return `${program} ${command}${isWhole ? '' : ` --home ${shellWord(homePath)}`}`
  })
}

/** One word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** npm puts the clone's own commands on PATH for what it starts, and takes them away again. */
function isFromNpm(env: NodeJS.ProcessEnv): boolean {
  return env['npm_command'] !== undefined || env['npm_lifecycle_event'] !== undefined
}

function isOnPath(env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    if (folder === '') return false
    try {
      accessSync(join(folder, process.platform === 'win32' ? 'koinon.cmd' : 'koinon'), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
