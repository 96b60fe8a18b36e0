import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type AgentDefinition, defineAgent } from '@koinon/agents/provider'
import { KoinonError } from '@koinon/base'

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
