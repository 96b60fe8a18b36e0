import { KoinonError } from '@koinon/base'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'

export function defineCompletion(completion: Command): void {
  completion.argument('<shell>', 'bash, zsh or fish').action(
    runCommand(async (_context, shell: string) => {
      const script = scripts[shell]?.(commandWords(await everyCommand()))
      if (script === undefined) {
        throw new KoinonError({
          code: 'usage/unknown-shell',
          message: `There is no completion for "${shell}"`,
          hint: 'Known: bash, zsh, fish.',
        })
      }
      return { data: { shell, script }, text: script }
    }),
  )
}

/** The tree is loaded whole by this command alone. */
async function everyCommand(): Promise<Command> {
  const [{ createProgram }, { defineEveryCommand }] = await Promise.all([
    import('../program.ts'),
    import('../top-commands.ts'),
  ])
  return defineEveryCommand(createProgram())
}

/** Words that may follow each command path: `''` for the first word, `keys` for what follows `koinon keys`. */
function commandWords(program: Command): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, readonly string[]>()
  const walk = (command: Command, path: readonly string[]): void => {
    const flags = command.options.flatMap((option) => option.long ?? [])
    words.set(path.join(' '), [...command.commands.map((child) => child.name()), ...flags])
    for (const child of command.commands) walk(child, [...path, child.name()])
  }
  walk(program, [])
  return words
}

const scripts: Readonly<Record<string, (words: ReadonlyMap<string, readonly string[]>) => string>> = {
  bash: (words) => `_koinon() {
  local line="\${COMP_WORDS[*]:1:COMP_CWORD-1}" words
  case "$line" in
${[...words].map(([path, list]) => `    ${JSON.stringify(path)}) words="${list.join(' ')}" ;;`).join('\n')}
    *) words="--help" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _koinon koinon`,
  zsh: (words) => `#compdef koinon
_koinon() {
  local line="\${words[2,CURRENT-1]}"
  case "$line" in
${[...words].map(([path, list]) => `    ${JSON.stringify(path)}) compadd -- ${list.join(' ')} ;;`).join('\n')}
    *) _files ;;
  esac
}
compdef _koinon koinon`,
  fish: (words) =>
    [...words]
      .map(([path, list]) => {
        const condition =
          path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`
        return `complete -c koinon -f -n '${condition}' -a '${list.join(' ')}'`
      })
      .join('\n'),
}
