/** Tells short answers, which are sold whole with their receipt before them, from long ones and streams, whose receipt is a trailer. */
import { sleep } from '@koinon/base'

export type ShortAnswerBounds = {
  /** More than this is passed on as it comes. */
  readonly bytes: number
  /** What takes longer is passed on as it comes. */
  readonly waitMs: number
}

/** The whole body when it ends within the bounds, else all of it as a stream. Rejects when reading fails within the bounds. */
export async function readShortAnswer(
  body: AsyncIterable<Uint8Array>,
  bounds: ShortAnswerBounds,
): Promise<{ readonly body: Uint8Array } | { readonly chunks: AsyncIterable<Uint8Array> }> {
  const reader = body[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  const isOver = new AbortController()
  const late = sleep(bounds.waitMs, isOver.signal).then(() => undefined)
  late.catch(() => undefined)
  try {
    for (let bytes = 0; ; ) {
      const next = reader.next()
      next.catch(() => undefined)
      const result = bytes > bounds.bytes ? undefined : await Promise.race([next, late])
      if (result === undefined) return { chunks: resumed(parts, next, reader) }
      if (result.done === true) return { body: Buffer.concat(parts) }
      parts.push(result.value)
      bytes += result.value.length
    }
  } finally {
    isOver.abort()
  }
}

async function* resumed(
  parts: readonly Uint8Array[],
  next: Promise<IteratorResult<Uint8Array>>,
  reader: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* parts
    for (let result = await next; result.done !== true; result = await reader.next()) yield result.value
  } finally {
    await reader.return?.()
  }
}
