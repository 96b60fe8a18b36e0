import { type ErrorJson, errorToJson, isKoinonError, KoinonError } from '@koinon/base'

/** What the chain's client throws when a request got no answer, or none that is JSON-RPC. */
const unanswered = ['HttpRequestError', 'TimeoutError']
const mostCauses = 16

/** What was thrown, as the command line tells it: a ledger that gave no answer is `ledger/rpc-unreachable`, whoever was reading it. */
export function failureOf(error: unknown): ErrorJson {
  return errorToJson(isKoinonError(error) ? error : (ledgerSilence(error) ?? error))
}

function ledgerSilence(error: unknown): KoinonError | undefined {
  let cause: unknown = error
  for (let depth = 0; depth < mostCauses && cause instanceof Error; depth++, cause = cause.cause) {
    const { name, url, status } = cause as Error & { readonly url?: unknown; readonly status?: unknown }
    if (!unanswered.includes(name) || typeof url !== 'string') continue
    return new KoinonError({
      code: 'ledger/rpc-unreachable',
      message: `The ledger at ${url} ${typeof status === 'number' ? `answers with HTTP status ${status} only` : 'does not answer'}`,
      hint: 'Start the network with "koinon up"; where others run it, check that the address can be reached from this machine.',
      retry: 'later',
      cause: error,
    })
  }
  return undefined
}
