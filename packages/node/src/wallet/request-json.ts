import { type ErrorJson, errorFromJson, KoinonError } from '@koinon/base'

const timeoutMs = 30_000

/** One JSON request with a deadline; an error answer becomes the error it describes. Throws `gateway/unreachable` and what the server says. */
export async function requestJson<answer>(
  url: string,
  request: { readonly method: string; readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> },
): Promise<answer> {
  const response = await fetch(url, {
    method: request.method,
    headers: { ...(request.json === undefined ? {} : { 'content-type': 'application/json' }), ...request.headers },
    ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  }).catch((cause: Error) => {
    throw new KoinonError({
      code: 'gateway/unreachable',
      message: `${new URL(url).origin} does not answer`,
      hint: 'Check that the network runs ("koinon status").',
      retry: 'later',
      cause,
    })
  })
  const text = await response.text()
  const json = parse(text)
  if (response.ok) return json as answer
  const error = (json as { error?: Partial<ErrorJson> } | undefined)?.error
  throw errorFromJson({
    code: error?.code ?? 'gateway/refused',
    message: error?.message ?? `${url} answered with status ${response.status}`,
    retry: error?.retry ?? (response.status >= 500 ? 'later' : 'never'),
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
