import { isIP } from 'node:net'
import { KoinonError } from '@koinon/base'
import { hostNameOf, isLoopbackHost } from '@koinon/base/node'

/** Chain id of every default development chain: keys that everybody knows hold its money. */
const wellKnownDevelopmentChainId = 31337

/** Throws `chain/unsafe-bind` for the well-known development chain id on an address that others can reach. */
export function requireSafeBind(host: string, chainId: number): void {
  if (chainId !== wellKnownDevelopmentChainId || isLoopbackHost(host)) return
  throw new KoinonError({
    code: 'chain/unsafe-bind',
    message: `Chain id ${chainId} is the one of public test keys and may not be offered on ${host}`,
    hint: 'Choose another chain id, or bind 127.0.0.1.',
  })
}

/**
 * Guard against DNS rebinding: a web page can make its own name resolve to this machine, but cannot make a browser send another
 * name than its own. So IP addresses, localhost and listed names pass, any other name does not.
 */
export function isAllowedHostHeader(header: string | undefined, allowedHosts: readonly string[]): boolean {
  if (header === undefined) return false
  const name = hostNameOf(header)
  return name === 'localhost' || isIP(name) !== 0 || allowedHosts.some((allowed) => allowed.toLowerCase() === name)
}
