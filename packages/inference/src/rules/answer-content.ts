import { splitEventStream } from './sse.ts'

/** The text a client reads out of an answer's bytes, JSON or event stream. Undefined when they are neither. */
export function answerContent(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes)
  try {
    if (text.startsWith('{')) return contentOf(JSON.parse(text))
    if (!text.startsWith('data:')) return undefined
    const { hashedLength } = splitEventStream(bytes)
    return new TextDecoder()
      .decode(bytes.subarray(0, hashedLength))
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => contentOf(JSON.parse(line.slice('data:'.length))))
      .join('')
  } catch {
    return undefined
  }
}

/** Content of a body or chunk of a chat or a text completion. */
function contentOf(json: unknown): string {
  const choices = (json as { choices?: unknown }).choices
  const choice = (Array.isArray(choices) ? choices[0] : undefined) as Record<string, unknown> | undefined
  const message = (choice?.['message'] ?? choice?.['delta']) as Record<string, unknown> | undefined
  const content = message?.['content'] ?? choice?.['text']
  return typeof content === 'string' ? content : ''
}
