/** What came of the bytes of an answer that somebody else reads. */
export type KeptBytes =
  | { readonly bytes: Uint8Array }
  /** One sentence: too long, broken off, not read to its end. */
  | { readonly problem: string }

/** An answer that is read as before while its bytes are kept; `kept` never rejects. */
export type KeptBody = { readonly body: ReadableStream<Uint8Array>; readonly kept: Promise<KeptBytes> }

/** Keeps at most so many bytes of what passes; a longer answer passes all the same. */
export function keepBytes(source: ReadableStream<Uint8Array>, mostBytes: number): KeptBody {
  const reader = source.getReader()
  const { promise: kept, resolve } = Promise.withResolvers<KeptBytes>()
  let parts: Uint8Array[] = []
  let length = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          // Before the reader hears of the end, so that whoever waits for both finds the bytes.
          resolve(
            length <= mostBytes
              ? { bytes: joined(parts, length) }
              : { problem: `it is longer than ${mostBytes} bytes` },
          )
          return controller.close()
        }
        length += value.length
        if (length <= mostBytes) parts.push(value)
        else parts = []
        controller.enqueue(value)
      } catch (error) {
        resolve({ problem: 'it broke off' })
        controller.error(error)
      }
    },
    cancel(reason) {
      resolve({ problem: 'it was not read to its end' })
      return reader.cancel(reason)
    },
  })
  return { body, kept }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
