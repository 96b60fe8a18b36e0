/** Secret keys of a home: one file a key, readable by the owner alone, random at creation, never printed. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Address,
  bytesToHex,
  type Hex,
  hexToBytes,
  KoinonError,
  type Random,
  secretKeyToAddress,
} from '@koinon/base'
import { type Home, writeFileDurably } from './home.ts'
import { noNetwork } from './network-of.ts'

export type AccountKey = {
  readonly name: string
  readonly address: Address
  readonly secretKey: Uint8Array
  readonly privateKey: Hex
}

/** Loads the account key called `name`, or makes it. Throws `home/bad-key` on a damaged or openly readable file. */
export function accountKey(home: Home, name: string, random: Random): AccountKey {
  const path = join(home.keys, `${name}.json`)
  if (!existsSync(path)) {
    const secretKey = newSecretKey(random)
    const json = { kind: 'secp256k1', name, address: secretKeyToAddress(secretKey), privateKey: bytesToHex(secretKey) }
    writeFileDurably(path, `${JSON.stringify(json)}\n`)
  }
  return readAccountKey(path, name)
}

/** Loads an account key that must be there. Throws `home/no-key`, and `node/no-network` where it can have none yet. */
export function existingAccountKey(home: Home, name: string): AccountKey {
  const path = join(home.keys, `${name}.json`)
  if (!existsSync(path)) {
    if (!existsSync(home.networkFile)) throw noNetwork(home)
    throw new KoinonError({
      code: 'home/no-key',
      message: `The home ${home.path} has no key called "${name}"`,
      hint: missingKeyHint(home, name),
    })
  }
  return readAccountKey(path, name)
}

/** The wallet has one name only; any other account may go by another. */
function missingKeyHint({ keys }: Home, name: string): string {
  const names = existsSync(keys)
    ? readdirSync(keys)
        .flatMap((file) => /^([\w-]+)\.json$/.exec(file)?.[1] ?? [])
        .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    : []
  return name === 'wallet' || names.length === 0
    ? 'Make the wallet with "koinon wallet new"; a role makes its own key when it starts.'
    : `Name one that it has with --account: ${names.join(', ')}.`
}

function readAccountKey(path: string, name: string): AccountKey {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new KoinonError({
      code: 'home/bad-key',
      message: `The key file ${path} can be read by other users of this machine`,
      hint: `Run: chmod 600 ${path}`,
    })
  }
  try {
    const json = JSON.parse(readFileSync(path, 'utf8')) as { privateKey: string; address: string }
    const secretKey = hexToBytes(json.privateKey)
    const address = secretKeyToAddress(secretKey)
    if (address !== json.address) throw new Error('address and key do not match')
    return { name, address, secretKey, privateKey: bytesToHex(secretKey) }
  } catch (cause) {
    throw new KoinonError({
      code: 'home/bad-key',
      message: `The key file ${path} is damaged`,
      hint: 'Restore it from a backup. Whoever lacks it cannot use its account; nothing was changed.',
      cause,
    })
  }
}

function newSecretKey(random: Random): Uint8Array {
  for (;;) {
    const candidate = random(32)
    try {
      secretKeyToAddress(candidate)
      return candidate
    } catch {
      // Outside the curve's order: practically never; draw again.
    }
  }
}
