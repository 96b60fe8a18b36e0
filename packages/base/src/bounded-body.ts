import type { KoinonError } from './errors.ts'

const firstBytes = 65_536

/** The bytes of a stranger's answer, however small its parts. Beyond the bound it throws what `refuse` makes, without having read more. */
export async function boundedBytes(
  response: Pick<Response, 'body'>,
  mostBytes: number,
  refuse: () => KoinonError | Error,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(Math.min(firstBytes, mostBytes))
  let size = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const needed = size + part.length
    if (needed > mostBytes) throw refuse()
    if (needed > bytes.length) {
      const larger = new Uint8Array(Math.min(mostBytes, Math.max(needed, 2 * bytes.length)))
      larger.set(bytes.subarray(0, size))
      bytes = larger
    }
    bytes.set(part, size)
    size = needed
  }
  return bytes.slice(0, size)
}

/** The same as text in UTF-8. */
export async function boundedText(
  response: Pick<Response, 'body'>,
  mostBytes: number,
  refuse: () => KoinonError | Error,
): Promise<string> {
  return new TextDecoder().decode(await boundedBytes(response, mostBytes, refuse))
}
