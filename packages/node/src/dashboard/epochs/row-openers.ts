/** Who opened a weight row: the validator that committed to it, or another with the round (specs/0018-timelock.md section 4). */
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { inParallel, roundChainHash, roundChainOf, sealTrust } from '@koinon/subnets'
import type { BeaconJson } from '@koinon/work/dashboard'

type Reveal = { readonly transactionHash: string; readonly args: Readonly<Record<string, unknown>> }

/** For each reveal the account that sent it where that is not the hotkey's own; undefined where it is, or nobody can tell. */
export type RowOpeners = (reveals: readonly Reveal[]) => Promise<readonly (Address | undefined)[]>

const keptSenders = 4_096
const readsAtOnce = 8

/** Remembers senders: a transaction never changes its own. */
export function createRowOpeners(reader: Pick<LedgerReader, 'getTransaction'>): RowOpeners {
  const senders = new Map<string, Address>()
  const senderOf = async (hash: string): Promise<Address | undefined> => {
    const known = senders.get(hash)
    if (known !== undefined) return known
    const sent = await reader.getTransaction({ hash: hash as Hex }).catch(() => undefined)
    if (sent === undefined) return undefined
    const sender = toAddress(sent.from)
    if (senders.size >= keptSenders) senders.delete(senders.keys().next().value as string)
    senders.set(hash, sender)
    return sender
  }
  return (reveals) =>
    inParallel(reveals, readsAtOnce, async ({ transactionHash, args }) => {
      const sender = await senderOf(transactionHash)
      return sender === args['hotkey'] ? undefined : sender
    })
}

/** What the page and the command line say of a network's beacon. */
export function beaconJson(network: NetworkFile): BeaconJson {
  const chain = roundChainOf(network)
  const trust = sealTrust(network)
  if (chain === undefined || network.beacon === undefined) return { kind: 'none', trust }
  const { kind, publicKey, genesisSeconds, periodSeconds, endpoints } = network.beacon
  return { kind, trust, publicKey, genesisSeconds, periodSeconds, endpoints, chainHash: roundChainHash(chain) }
}
