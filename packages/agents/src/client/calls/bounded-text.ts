import { KoinonError } from '@koinon/base'

/** The text of an answer. Throws `agents/answer-too-large` beyond the bound, without having read more. */
export async function boundedText(response: Response, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > mostBytes)
      throw new KoinonError({
        code: 'agents/answer-too-large',
        message: `The answer is longer than ${mostBytes} bytes`,
      })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
