import { concatBytes } from './bytes.ts'
import type { KoinonError } from './errors.ts'

/** The bytes of a stranger's answer. Beyond the bound it throws what `refuse` makes, without having read more. */
export async function boundedBytes(
  response: Pick<Response, 'body'>,
  mostBytes: number,
  refuse: () => KoinonError | Error,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > mostBytes) throw refuse()
    parts.push(part)
  }
  return concatBytes(...parts)
}

/** The same as text in UTF-8. */
export async function boundedText(
  response: Pick<Response, 'body'>,
  mostBytes: number,
  refuse: () => KoinonError | Error,
): Promise<string> {
  return new TextDecoder().decode(await boundedBytes(response, mostBytes, refuse))
}
