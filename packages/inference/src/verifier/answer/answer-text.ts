import { splitEventStream } from '../../rules/sse.ts'

/** The text a caller reads out of an answer's bytes, JSON or event stream. Undefined when they are not an answer of ours. */
export function textOfResponse(response: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(response)
    return text.startsWith('{') ? textOfChoices(JSON.parse(text)) : textOfEvents(text)
  } catch {
    return undefined
  }
}

/** The bytes of a kept response that the receipt's response hash covers. */
export function hashedPart(response: Uint8Array): Uint8Array {
  if (response[0] === 0x7b) return response
  return response.subarray(0, splitEventStream(response).hashedLength)
}

function textOfEvents(stream: string): string | undefined {
  let text = ''
  for (const line of stream.split('\n')) {
    if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
    text += textOfChoices(JSON.parse(line.slice('data: '.length))) ?? ''
  }
  return text
}

function textOfChoices(json: unknown): string | undefined {
  const choice = (json as { choices?: readonly Record<string, unknown>[] }).choices?.[0]
  if (choice === undefined) return undefined
  if (typeof choice['text'] === 'string') return choice['text']
  const holder = (choice['message'] ?? choice['delta']) as { content?: unknown } | undefined
  return typeof holder?.content === 'string' ? holder.content : ''
}
