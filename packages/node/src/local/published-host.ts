/** The host of `--host`: servers bind it, and the network file and the ledger tell it to everybody as part of a URL. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { KoinonError } from '@koinon/base'

type Interfaces = NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[]>

/** IPv4 addresses of this machine that other machines can know, as `192.0.2.7 (eth0)`. */
export function ownAddresses(interfaces: Interfaces = networkInterfaces()): readonly string[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => `${address} (${name})`),
  )
}

/**
 * Lets an IPv4 address or a name pass; whether it is this machine's shows when it is bound. Throws `usage/bad-host` for an address
 * that stands for all of them (0.0.0.0, ::, names of them), which nobody can connect to, for IPv6, and for a name without address.
 * `otherwise` names another way out for the hint.
 */
export async function requirePublishedHost(
  host: string,
  otherwise = '',
  interfaces: Interfaces = networkInterfaces(),
): Promise<void> {
  const problem = await problemOf(host)
  if (problem === undefined) return
  const addresses = ownAddresses(interfaces)
  const others = addresses.length === 0 ? 'it has no other now' : `others reach it at ${addresses.join(', ')}`
  throw new KoinonError({
    code: 'usage/bad-host',
    message: `The host "${host}" cannot be used: ${problem}`,
    hint: `Give one IPv4 address of this machine, or a name of it: 127.0.0.1 for itself alone; ${others}.${otherwise}`,
  })
}

async function problemOf(host: string): Promise<string | undefined> {
  if (isIP(host) === 6) return 'only IPv4 addresses and names can be bound and told to others'
  if (!/^[0-9a-z.-]+$/i.test(host)) return 'it is neither an IPv4 address nor a name'
  const found = isIP(host) === 4 ? [{ address: host }] : await lookup(host, { all: true }).catch(() => undefined)
  if (found === undefined) return 'there is no such name'
  const isEvery = found.some(({ address }) => address === '0.0.0.0' || address === '::')
  return isEvery ? 'it stands for every address of this machine, and nobody can connect to it' : undefined
}
