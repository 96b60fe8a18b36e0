import { KoinonError } from '@koinon/base'

/** An endpoint is whatever a stranger registered: only plain http(s) origins are connected to. Throws `gateway/bad-endpoint`. */
export function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return url.origin
  throw new KoinonError({ code: 'gateway/bad-endpoint', message: 'A registered endpoint is not an http(s) address' })
}
