/** API keys that this home's owner may use, with their secrets, so that the page and the command line can show them again. */
import { existsSync, readFileSync } from 'node:fs'
import { type Hex, KoinonError } from '@koinon/base'
import type { ChannelConfig } from '@koinon/payments'
import { type Home, writeFileDurably } from './home.ts'

export type StoredApiKey = {
  readonly label: string
  readonly apiKey: string
  readonly keyHash: Hex
  readonly channelId: Hex
  readonly channelConfig: ChannelConfig
  readonly gatewayUrl: string
  readonly createdAtMs: number
  readonly revokedAtMs?: number
}

/** All keys, oldest first. */
export function readApiKeys(home: Home): readonly StoredApiKey[] {
  if (!existsSync(home.apiKeys)) return []
  try {
    return JSON.parse(readFileSync(home.apiKeys, 'utf8')) as StoredApiKey[]
  } catch (cause) {
    throw new KoinonError({
      code: 'home/bad-api-keys',
      message: `${home.apiKeys} is damaged`,
      hint: 'Restore it from a backup, or move it away and create new keys with "koinon keys create".',
      cause,
    })
  }
}

/** Adds a key, or replaces the one with the same hash. */
export function saveApiKey(home: Home, key: StoredApiKey): void {
  const others = readApiKeys(home).filter((other) => other.keyHash !== key.keyHash)
  writeFileDurably(home.apiKeys, `${JSON.stringify([...others, key], null, 2)}\n`)
}

/** The key that commands use when none is named: the newest that is not revoked. */
export function currentApiKey(home: Home): StoredApiKey {
  const usable = readApiKeys(home).filter((key) => key.revokedAtMs === undefined)
  const key = usable.find((candidate) => candidate.label === 'demo') ?? usable.at(-1)
  if (key === undefined) {
    throw new KoinonError({
      code: 'home/no-api-key',
      message: 'There is no API key in this home',
      hint: 'Create one with "koinon keys create".',
    })
  }
  return key
}
