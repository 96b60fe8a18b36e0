/** API keys that this home's owner may use, with their secrets, so that the page and the command line can show them again. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, KoinonError } from '@koinon/base'
import type { ChannelConfig } from '@koinon/payments/rules'
import { type Home, writeFileDurably } from './home.ts'

export type StoredApiKey = {
  readonly label: string
  readonly apiKey: string
  readonly keyHash: Hex
  readonly channelId: Hex
  readonly channelConfig: ChannelConfig
  readonly gatewayUrl: string
  readonly createdAtMs: number
  /** What its channel begins with (1e-6 dollar), and the id under which that moves at most once. */
  readonly depositAtomic?: string
  readonly depositId?: Hex
  /** When its gateway was last known to know it. */
  readonly registeredAtMs?: number
  readonly revokedAtMs?: number
}

/** True for a key whose making broke off: it is stored, but its deposit may not have moved and its gateway may not know it. */
export function isUnfinished(key: StoredApiKey): boolean {
  return key.depositId !== undefined && key.registeredAtMs === undefined && key.revokedAtMs === undefined
}

/** All keys, oldest first. A file each, so that programs that add keys at the same time lose none. Throws `home/bad-api-keys`. */
export function readApiKeys(home: Home): readonly StoredApiKey[] {
  if (!existsSync(home.apiKeys)) return []
  return readdirSync(home.apiKeys)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readKey(join(home.apiKeys, name)))
    .sort((a, b) => a.createdAtMs - b.createdAtMs || a.keyHash.localeCompare(b.keyHash))
}

/** Adds a key, or replaces the one with the same hash. */
export function saveApiKey(home: Home, key: StoredApiKey): void {
  mkdirSync(home.apiKeys, { recursive: true, mode: 0o700 })
  writeFileDurably(join(home.apiKeys, `${key.keyHash.slice(2)}.json`), `${JSON.stringify(key, null, 2)}\n`)
}

function readKey(path: string): StoredApiKey {
  try {
    const key = JSON.parse(readFileSync(path, 'utf8')) as StoredApiKey
    if (typeof key.apiKey !== 'string' || typeof key.keyHash !== 'string') throw new Error('it holds no key')
    return key
  } catch (cause) {
    throw new KoinonError({
      code: 'home/bad-api-keys',
      message: `The API key file ${path} is damaged`,
      hint: 'Restore it from a backup, or move it away and create a new key with "koinon keys create".',
      cause,
    })
  }
}

/** For a home that may lack the key only, or the network or the money for it too. */
export const noKeyHint =
  'Create one with "koinon keys create". Before it a home joins a network ("koinon join <gateway URL>"), and a new account has test money ("koinon wallet faucet").'

/** The key that commands use when none is named: the newest that is whole and not revoked. */
export function currentApiKey(home: Home): StoredApiKey {
  const usable = readApiKeys(home).filter((key) => key.revokedAtMs === undefined && !isUnfinished(key))
  const key = usable.find((candidate) => candidate.label === 'demo') ?? usable.at(-1)
  if (key === undefined) {
    throw new KoinonError({
      code: 'home/no-api-key',
      message: `There is no API key in the home ${home.path}`,
      hint: noKeyHint,
    })
  }
  return key
}
