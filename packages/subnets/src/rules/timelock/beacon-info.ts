/** A beacon's chain and rounds as relays of drand give them (specs/0018-timelock.md section 1). */
import { type Hex, KoinonError } from '@koinon/base'
import { z } from 'zod'
import { type BeaconChain, beaconChainHash } from './beacon-chain.ts'
import type { BeaconRound, VerifiedRound } from './beacon-round.ts'

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const infoSchema = z.object({
  public_key: hex(96),
  period: z.int().min(1).max(86_400),
  genesis_time: z.int().min(0),
  groupHash: hex(32),
  schemeID: z.literal('bls-unchained-g1-rfc9380'),
  metadata: z.object({ beaconID: z.string().min(1).max(64) }),
})
const roundSchema = z.object({ round: z.int().min(1), signature: hex(48) })

/** Answer of `/<chain hash>/info`. */
export function beaconChainToJson(chain: BeaconChain): Readonly<Record<string, unknown>> {
  return {
    public_key: chain.publicKey.slice(2),
    period: chain.periodSeconds,
    genesis_time: chain.genesisSeconds,
    hash: beaconChainHash(chain).slice(2),
    groupHash: chain.groupHash.slice(2),
    schemeID: chain.scheme,
    metadata: { beaconID: chain.beaconId },
  }
}

/** Reads that answer and checks it against the hash that was asked for. Throws `subnets/bad-beacon-chain`. */
export function beaconChainFromJson(json: unknown, chainHash: Hex): BeaconChain {
  const parsed = infoSchema.safeParse(json)
  if (!parsed.success) throw badChain(`"${parsed.error.issues[0]?.path.join('.')}"`)
  const { public_key, period, genesis_time, groupHash, schemeID, metadata } = parsed.data
  const chain: BeaconChain = {
    scheme: schemeID,
    publicKey: `0x${public_key}`,
    periodSeconds: period,
    genesisSeconds: genesis_time,
    groupHash: `0x${groupHash}`,
    beaconId: metadata.beaconID,
  }
  if (beaconChainHash(chain) !== chainHash) throw badChain(`its hash is not ${chainHash.slice(0, 12)}…`)
  return chain
}

/** Answer of `/<chain hash>/public/<round>`. */
export function roundToJson({ round, signature, randomness }: VerifiedRound): Readonly<Record<string, unknown>> {
  return { round, randomness: randomness.slice(2), signature: signature.slice(2) }
}

/** Reads that answer; undefined when it is none. What it says is still to be verified. */
export function roundFromJson(json: unknown): BeaconRound | undefined {
  const parsed = roundSchema.safeParse(json)
  return parsed.success ? { round: parsed.data.round, signature: `0x${parsed.data.signature}` } : undefined
}

function badChain(problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-beacon-chain',
    message: `The description of the beacon is not to be trusted: ${problem}`,
    hint: 'Ask another relay, or take the description from whoever published the chain hash.',
  })
}
