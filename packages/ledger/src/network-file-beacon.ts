/** The randomness beacon that a network's validators seal weight rows to (specs/0009-network-file.md section 3). */
import type { Hex } from '@koinon/base'
import { z } from 'zod'

/** What a local beacon is called wherever it shows; the file carries it, so that nobody passes one on without it. */
export const localBeaconLabel = 'local stand-in: whoever runs this network can open rows early'

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`))
    .transform((text) => text as Hex)
const facts = {
  /** Point on G2 of BLS12-381, compressed: pins every signature of the beacon. */
  publicKey: hex(96),
  /** Unix seconds of round 1. */
  genesisSeconds: z
    .int()
    .min(0)
    .max(2 ** 40),
  periodSeconds: z.int().min(1).max(86_400),
  /** Where rounds are asked for, in this order. None is trusted. */
  endpoints: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .max(8),
}

export const networkBeaconSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('local'), label: z.literal(localBeaconLabel), ...facts }),
  z.object({
    kind: z.literal('drand'),
    beaconId: z
      .string()
      .min(1)
      .max(64)
      .refine((id) => id !== 'local', 'is what local beacons are called'),
    groupHash: hex(32),
    ...facts,
  }),
])

export type NetworkBeacon = Readonly<z.infer<typeof networkBeaconSchema>>
