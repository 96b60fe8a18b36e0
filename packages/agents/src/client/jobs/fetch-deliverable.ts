import { boundedBytes, bytesToHex, type Hex, KoinonError, sha256 } from '@koinon/base'

const timeoutMs = 10_000

/**
 * Fetches what a provider delivered and holds it against the hash on the ledger. Throws `agents/deliverable-unreachable` (later), also when
 * it is larger than `maximumBytes`, and `agents/deliverable-mismatch`.
 */
export async function fetchDeliverable(url: string, deliverable: Hex, maximumBytes = 1 << 20): Promise<Uint8Array> {
  const content = await readBounded(new URL(`/deliverables/${deliverable}`, url), maximumBytes).catch(
    (cause: unknown) => {
      throw new KoinonError({
        code: 'agents/deliverable-unreachable',
        message: `${url} did not give what it delivered`,
        hint: 'Ask the provider to serve it, or do not accept the work.',
        retry: 'later',
        cause,
      })
    },
  )
  if (bytesToHex(sha256(content)) === deliverable) return content
  throw new KoinonError({
    code: 'agents/deliverable-mismatch',
    message: 'What the provider serves is not what it submitted',
    hint: 'Do not accept the work.',
  })
}

async function readBounded(url: URL, maximumBytes: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (response.status === 200)
    return boundedBytes(response, maximumBytes, () => new Error(`more than ${maximumBytes} bytes`))
  await response.body?.cancel()
  throw new Error(`status ${response.status}`)
}
