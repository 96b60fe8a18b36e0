/** How commands of this installation are typed. */
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import type { CommandStyle } from '@koinon/work/dashboard'

export { asTyped, type CommandStyle, shellWord } from '@koinon/work/dashboard'

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
