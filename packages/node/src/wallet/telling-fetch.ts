import { fetchFailureReason } from '@koinon/base'

/**
 * The same `fetch`, which tells of answers that a payer waits for once it was asked for money: a seller that is silent, busy, or waits for its
 * ledger. Each line once in a row.
 */
export function tellingFetch(fetch: typeof globalThis.fetch, say: (text: string) => void): typeof globalThis.fetch {
  let last = ''
  let isPaying = false
  const tell = (text: string): void => {
    if (text !== last) say(text)
    last = text
  }
  return async (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : String(input))
    try {
      const response = await fetch(input, init)
      const { status } = response
      isPaying ||= status === 402
      if (!isPaying) return response
      if (status === 503 && response.headers.has('retry-after')) {
        tell(`${origin} waits for its ledger; asking again ...`)
      } else if (status === 409) tell(`${origin} is busy with this payment or its channel; asking again ...`)
      else if (status >= 500) tell(`${origin} answers ${status}, and is asked three times at most ...`)
      return response
    } catch (error) {
      if (isPaying) tell(`${origin}: ${fetchFailureReason(error)}; asking again ...`)
      throw error
    }
  }
}
