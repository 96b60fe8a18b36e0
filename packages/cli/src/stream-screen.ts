import { EventCutter } from '@koinon/base/node'
import { printableAnswer } from './printable.ts'

/** Shows an answer while it comes. */
export type AnswerScreen = { push(part: Uint8Array): void; end(): void }

/** Longest event that is waited for; what is longer is shown as it is. */
const mostEventBytes = 1 << 20

/** Text of an event stream: the deltas of OpenAI's completions put together, of other events their data, a line each. */
export function eventScreen(write: (text: string) => void): AnswerScreen {
  const cutter = new EventCutter()
  let waiting = 0
  let shown = ''
  const show = (event: Uint8Array): void => {
    const text = printableAnswer(textOfEvent(new TextDecoder().decode(event)))
    if (text === '') return
    shown = text
    write(text)
  }
  return {
    push(part) {
      waiting += part.length
      for (const event of cutter.push(Buffer.from(part))) {
        waiting = 0
        show(event)
      }
      if (waiting <= mostEventBytes) return
      waiting = 0
      show(cutter.rest())
    },
    end() {
      show(cutter.rest())
      if (shown !== '' && !shown.endsWith('\n')) write('\n')
    },
  }
}

/** The bytes as they came; on a terminal without what a terminal obeys. */
export function rawScreen(output: {
  write(data: Uint8Array | string): unknown
  readonly isTTY?: boolean
}): AnswerScreen {
  const decoder = new TextDecoder()
  return {
    push: (part) =>
      void output.write(output.isTTY === true ? printableAnswer(decoder.decode(part, { stream: true })) : part),
    end: () => undefined,
  }
}

function textOfEvent(event: string): string {
  const data = event
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
    .join('\n')
  if (data === '' || data === '[DONE]') return ''
  return deltaOf(data) ?? `${data}\n`
}

/** What a chunk of a completion adds; undefined where it is none. */
function deltaOf(data: string): string | undefined {
  try {
    const json = JSON.parse(data) as { readonly choices?: unknown; readonly error?: unknown }
    if (!Array.isArray(json.choices) || json.error !== undefined) return undefined
    const parts = (json.choices as readonly Choice[]).map(({ delta, text }) => delta?.content ?? text ?? '')
    return parts.filter((part) => typeof part === 'string').join('')
  } catch {
    return undefined
  }
}

type Choice = { readonly delta?: { readonly content?: unknown }; readonly text?: unknown }
