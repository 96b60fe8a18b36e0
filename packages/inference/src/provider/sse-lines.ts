import { openAiError } from '../rules/openai-error.ts'

const maximumLineCharacters = 1 << 20

/** The `data:` texts of an event stream, one event a line as OpenAI servers write them. Comments and other fields are skipped. */
export async function* sseData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split(/\r?\n/)
    rest = lines.pop() as string
    if (rest.length > maximumLineCharacters) throw tooLong()
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim()
  }
  if (rest.startsWith('data:')) yield rest.slice(5).trim()
}

function tooLong(): Error {
  return openAiError({
    status: 502,
    code: 'upstream_failed',
    message: 'The upstream sent a line without end. Try again.',
  })
}
