import type { KoinonError } from './errors.ts'

/** The text of a stranger's answer. Beyond the bound it throws what `refuse` makes, without having read more. */
export async function boundedText(
  response: Pick<Response, 'body'>,
  mostBytes: number,
  refuse: () => KoinonError | Error,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > mostBytes) throw refuse()
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}
