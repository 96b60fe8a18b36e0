/** Options that name the beacon which validators seal their rows to. */
import { KoinonError } from '@koinon/base'
import type { BeaconChoice } from '@koinon/node/local'
import { Option } from 'commander'

const kinds = ['local', 'quicknet', 'none'] as const

export type BeaconOptions = { readonly beacon?: (typeof kinds)[number]; readonly beaconRelays?: string }

/** `--beacon`, for those who make a network. */
export function beaconOption(choices: readonly (typeof kinds)[number][], text: string): Option {
  return new Option('--beacon <kind>', text).choices(choices)
}

export const beaconRelaysFlag = '--beacon-relays <urls>'
export const beaconRelaysHelp =
  'URLs that are asked for rounds of the beacon, in this order, with commas between them; none is trusted, each answer is checked'

/** The URLs of `--beacon-relays`. Throws `usage/bad-beacon-relays`. */
export function parseBeaconRelays(text: string): readonly string[] {
  const urls = text.split(',').map((url) => url.trim())
  const isUrl = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
  if (urls.length <= 8 && urls.every(isUrl)) return urls
  throw new KoinonError({
    code: 'usage/bad-beacon-relays',
    message: '--beacon-relays takes one to eight http(s) addresses with commas between them',
    hint: 'For example: --beacon-relays https://api.drand.sh,https://drand.cloudflare.com',
  })
}

/** What `koinon up` is told; undefined keeps what the home has. Throws `usage/bad-beacon-relays`. */
export function parseBeaconChoice({ beacon, beaconRelays }: BeaconOptions): BeaconChoice | undefined {
  if (beaconRelays !== undefined && beacon !== 'quicknet') {
    throw new KoinonError({
      code: 'usage/bad-beacon-relays',
      message: '--beacon-relays needs --beacon quicknet',
      hint: 'A stand-in of your own answers at an address of this machine.',
    })
  }
  if (beacon === 'local') return { kind: 'local' }
  if (beacon !== 'quicknet') return undefined
  return { kind: 'quicknet', ...(beaconRelays === undefined ? {} : { endpoints: parseBeaconRelays(beaconRelays) }) }
}

/** Part of a validator's configuration. Throws `usage/bad-beacon-relays`. */
export function beaconEndpoints({ beaconRelays }: Pick<BeaconOptions, 'beaconRelays'>): {
  readonly beaconEndpoints?: readonly string[]
} {
  return beaconRelays === undefined ? {} : { beaconEndpoints: parseBeaconRelays(beaconRelays) }
}
