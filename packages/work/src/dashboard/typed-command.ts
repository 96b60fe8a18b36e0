/** How a command is written for the person who is to type it: with `npx` where `koinon` is not on PATH, and with the home in use. */

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
