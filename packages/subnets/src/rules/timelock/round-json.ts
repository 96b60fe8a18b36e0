/** A timekeeper's chain and rounds as relays of drand give them (specs/0018-timelock.md section 1). */
import { z } from 'zod'
import type { SignedRound, VerifiedRound } from './round.ts'
import { type RoundChain, roundChainHash } from './round-chain.ts'

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const roundSchema = z.object({ round: z.int().min(1), signature: hex(48) })

/** Answer of `/<chain hash>/info`. */
export function roundChainToJson(chain: RoundChain): Readonly<Record<string, unknown>> {
  return {
    public_key: chain.publicKey.slice(2),
    period: chain.periodSeconds,
    genesis_time: chain.genesisSeconds,
    hash: roundChainHash(chain).slice(2),
    groupHash: chain.groupHash.slice(2),
    schemeID: chain.scheme,
    metadata: { beaconID: chain.beaconId },
  }
}

/** Answer of `/<chain hash>/public/<round>`. */
export function roundToJson({ round, signature, randomness }: VerifiedRound): Readonly<Record<string, unknown>> {
  return { round, randomness: randomness.slice(2), signature: signature.slice(2) }
}

/** Reads that answer; undefined when it is none. What it says is still to be verified. */
export function roundFromJson(json: unknown): SignedRound | undefined {
  const parsed = roundSchema.safeParse(json)
  return parsed.success ? { round: parsed.data.round, signature: `0x${parsed.data.signature}` } : undefined
}
