import { Environment, Interpreter, Template } from '@huggingface/jinja'
import { KoinonError } from '@koinon/base'

/** Longest chat template taken from a model file. */
const mostTemplateCharacters = 256 * 1024
/** Numbers that all `range()` of one rendering may give together: templates come from strangers' files. */
const mostTemplateLoops = 65_536

/** A chat template, ready to render. */
export type ChatTemplate = { readonly render: (variables: Readonly<Record<string, unknown>>) => string }

/**
 * Reads a Jinja chat template. It sees its variables, `range` (65,536 numbers in all) and `raise_exception`; it has no clock, so the
 * same conversation gives the same prompt tomorrow. Throws `engine/bad-chat-template`; rendering throws `chat/template-failed`.
 */
export function readChatTemplate(source: string): ChatTemplate {
  if (source.length > mostTemplateCharacters) {
    throw badTemplate(`it has ${source.length} characters; the limit is ${mostTemplateCharacters}`, undefined)
  }
  const program = parse(source)
  return {
    render: (variables) => {
      const environment = new Environment()
      for (const [name, value] of Object.entries({ ...builtIns, range: boundedRange(), ...variables }))
        environment.set(name, value)
      try {
        const result = new Interpreter(environment).run(program) as { readonly value: unknown }
        return String(result.value)
      } catch (error) {
        throw new KoinonError({
          code: 'chat/template-failed',
          message: `The model's chat template refused the conversation: ${(error as Error).message}.`,
          hint: 'Let user and assistant messages take turns, starting with the user.',
          cause: error,
        })
      }
    },
  }
}

const builtIns = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (message: unknown) => {
    throw new Error(String(message))
  },
}

function parse(source: string): Template['parsed'] {
  try {
    return new Template(source).parsed
  } catch (error) {
    throw badTemplate((error as Error).message, error)
  }
}

function boundedRange(): (start: number, stop?: number, step?: number) => number[] {
  let left = mostTemplateLoops
  return (start, stop, step = 1) => {
    const [from, to] = typeof stop === 'number' ? [start, stop] : [0, start]
    const count = Math.max(0, Math.ceil((to - from) / step))
    if (!(count <= left)) throw new Error(`range() of ${count} steps is too long`)
    left -= count
    return Array.from({ length: count }, (_, i) => from + i * step)
  }
}

function badTemplate(reason: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'engine/bad-chat-template',
    message: `The chat template of this model cannot be read: ${reason}.`,
    cause,
  })
}
