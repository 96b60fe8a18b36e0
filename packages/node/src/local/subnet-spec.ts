import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Hex, sha256Hex } from '@koinon/base'
import { inferenceSubnet } from '@koinon/subnet-files/inference'

/** SHA-256 of the very source that scores. */
export function inferenceSourceHash(): Hex {
  return sha256Hex(readFileSync(fileURLToPath(import.meta.resolve('@koinon/subnet-files/inference'))))
}

/** What the ledger must name as the definition of the inference subnet: its parameters and that source. */
export function inferenceSpecHash(): Hex {
  return inferenceSubnet.specHash(inferenceSourceHash())
}
