import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Hex, sha256Hex } from '@koinon/base'
import { inferenceSubnet } from '@koinon/subnet-files/inference'

/** What the ledger must name as the definition of the inference subnet: its parameters and the very source that scores. */
export function inferenceSpecHash(): Hex {
  const source = readFileSync(fileURLToPath(import.meta.resolve('@koinon/subnet-files/inference')))
  return inferenceSubnet.specHash(sha256Hex(source))
}
