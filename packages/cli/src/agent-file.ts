import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type AgentDefinition, defineAgent } from '@koinon/agents/provider'
import { KoinonError } from '@koinon/base'

/**
 * The agent that a file exports. The file may stand anywhere: `@koinon/sdk` is this command's own where none is installed beside it.
 * Throws `agents/bad-file`, or what is wrong with it.
 */
export async function loadAgent(file: string): Promise<AgentDefinition> {
  const path = resolve(file)
  if (!existsSync(path))
    throw new KoinonError({ code: 'agents/bad-file', message: `There is no file ${path}`, hint: 'Check the path.' })
  const { href } = pathToFileURL(path)
  lendSdk(href)
  const module = (await import(href).catch((cause: NodeJS.ErrnoException) => {
    throw new KoinonError({
      code: 'agents/bad-file',
      message: `${path} cannot be loaded: ${cause.message}`,
      hint:
        // By the runtime's words: its code is the same for a file of the agent's own.
        cause.code === 'ERR_MODULE_NOT_FOUND' && cause.message.startsWith('Cannot find package')
          ? 'Packages other than @koinon/sdk have to be installed beside the file.'
          : 'Run it with "node FILE" to see where it fails.',
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

/** Agents of this process; the hook stands once they are more than none. */
const lentTo = new Set<string>()

/** What is not found of `@koinon/sdk` is looked for from here, also when handlers import it later. The file is a module whatever its folder says. */
function lendSdk(file: string): void {
  const isRegistered = lentTo.size > 0
  lentTo.add(file)
  if (isRegistered) return
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (lentTo.has(specifier) && specifier.endsWith('.ts'))
        return { ...nextResolve(specifier, context), format: 'module-typescript' }
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
        if (!isMissing || !/^@koinon\/sdk(\/|$)/.test(specifier)) throw error
        return nextResolve(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
