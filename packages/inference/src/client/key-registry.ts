import { bytesToHex, type Clock, type Hex, KoinonError } from '@koinon/base'
import { type DurableStore, type SqlRow, sha256Native } from '@koinon/base/node'
import { type ChannelBook, type ChannelState, createVoucherSigner, type VoucherSigner } from '@koinon/payments/core'
import {
  type ChannelConfig,
  channelIdOf,
  deriveAuthorizerKey,
  type KeyGrant,
  parseBearer,
  verifyKeyGrant,
  verifyKeyRevocation,
} from '@koinon/payments/rules'
import { openAiError } from '../rules/openai-error.ts'

/** Table for the gateway's store, beside those of the payments package. */
export const keysSchema = `
create table if not exists gateway_keys (
  key_hash text primary key,
  channel_id text not null,
  payer text not null,
  label text not null,
  valid_until integer not null,
  created_at_ms integer not null,
  revoked_at_ms integer
) strict, without rowid;
`

/** A registered key; `validUntil` is Unix seconds. The secret is never here. */
export type KeyRecord = {
  readonly keyHash: Hex
  readonly channelId: Hex
  readonly payer: Hex
  readonly label: string
  readonly validUntil: number
  readonly createdAtMs: number
  readonly revokedAtMs: number | undefined
}

/** Who asks, and the signer of its channel's vouchers while this process remembers it. */
export type Authenticated = { readonly key: KeyRecord; readonly voucherSigner: VoucherSigner }

export type KeyRegistryOptions = {
  readonly store: DurableStore
  readonly book: ChannelBook
  readonly chainId: number
  readonly clock: Clock
  /** Looks a channel up on the ledger and lets it into the book. */
  readonly admitChannel: (config: ChannelConfig) => Promise<ChannelState>
}

const keyTag = Buffer.from('koinon-api-key')
const maximumSigners = 1_024
/** A channel's vouchers can be signed by one key only; a few more may exist while an owner replaces one. */
const maximumKeysPerChannel = 8

/** API keys (specs/0005-money.md section 2): registered by a signed grant, found by the hash of their secret. */
export class KeyRegistry {
  readonly #options: KeyRegistryOptions
  readonly #keys = new Map<Hex, KeyRecord>()
  readonly #signers = new Map<Hex, VoucherSigner>()

  constructor(options: KeyRegistryOptions) {
    this.#options = options
  }

  /** Loads the keys. */
  async start(): Promise<void> {
    for (const row of await this.#options.store.read('select * from gateway_keys')) {
      const record = recordOf(row)
      this.#keys.set(record.keyHash, record)
    }
  }

  get(keyHash: Hex): KeyRecord | undefined {
    return this.#keys.get(keyHash)
  }

  list(): readonly KeyRecord[] {
    return [...this.#keys.values()]
  }

  /** The key of an `authorization` header. Throws OpenAI's 401 with what to do. */
  authenticate(authorization: string | undefined): Authenticated {
    const secret = readSecret(authorization)
    const keyHash = bytesToHex(sha256Native(Buffer.concat([keyTag, secret])))
    const key = this.#keys.get(keyHash)
    if (key === undefined)
      throw unauthorized('invalid_api_key', 'The API key is not known here. Register it with POST /v1/keys.')
    if (key.revokedAtMs !== undefined) throw unauthorized('revoked_api_key', 'The API key was revoked. Make a new one.')
    if (key.validUntil <= Math.floor(this.#options.clock.nowMs() / 1000)) {
      throw unauthorized('expired_api_key', 'The API key has expired. Make a new one.')
    }
    const voucherSigner = this.#signerOf(keyHash, secret)
    // Anybody may grant a key to a channel of theirs; one whose vouchers this key cannot sign would be served and never charged.
    if (this.#options.book.get(key.channelId)?.config.payerAuthorizer !== voucherSigner.address) {
      throw unauthorized(
        'foreign_api_key',
        "The API key cannot sign for its channel. Open the channel with the key's own authorizer, as koinon keys create does.",
      )
    }
    return { key, voucherSigner }
  }

  /** Registers a key by its payer's grant; again with the same grant changes nothing. Throws `gateway/bad-grant` or `payments/*`. */
  async register(grant: KeyGrant, signature: Hex, config: ChannelConfig): Promise<KeyRecord> {
    const { book, chainId, clock, store, admitChannel } = this.#options
    if (channelIdOf(config, book.domain) !== grant.channelId) throw badGrant('the channel is not the one it names')
    const atSeconds = Math.floor(clock.nowMs() / 1000)
    if (!verifyKeyGrant({ grant, signature, payer: config.payer, chainId, atSeconds })) {
      throw badGrant("the channel's payer did not sign it, or it has expired")
    }
    const known = this.#keys.get(grant.keyHash)
    if (known !== undefined && (known.payer !== config.payer || known.revokedAtMs !== undefined)) {
      throw badGrant('the key is in use or was revoked')
    }
    const siblings = this.list().filter((key) => key.channelId === grant.channelId && key.revokedAtMs === undefined)
    if (known === undefined && siblings.length >= maximumKeysPerChannel)
      throw badGrant('its channel has as many keys as it may')
    await admitChannel(config)
    const record: KeyRecord = {
      keyHash: grant.keyHash,
      channelId: grant.channelId,
      payer: config.payer,
      label: grant.label,
      validUntil: grant.validUntil,
      createdAtMs: known?.createdAtMs ?? clock.nowMs(),
      revokedAtMs: undefined,
    }
    await store.write([
      {
        sql: `insert into gateway_keys (key_hash, channel_id, payer, label, valid_until, created_at_ms) values (?, ?, ?, ?, ?, ?)
          on conflict (key_hash) do update set channel_id = excluded.channel_id, label = excluded.label, valid_until = excluded.valid_until`,
        values: [record.keyHash, record.channelId, record.payer, record.label, record.validUntil, record.createdAtMs],
      },
    ])
    this.#keys.set(record.keyHash, record)
    this.#signers.delete(record.keyHash)
    return record
  }

  /** Ends a key; in force when it resolves. Throws `gateway/unknown-key` or `gateway/bad-revocation`. */
  async revoke(keyHash: Hex, signature: Hex): Promise<KeyRecord> {
    const key = this.#keys.get(keyHash)
    if (key === undefined) {
      throw new KoinonError({
        code: 'gateway/unknown-key',
        message: 'The key is not known here',
        details: { status: 404 },
      })
    }
    const { chainId, clock, store } = this.#options
    if (!verifyKeyRevocation({ revocation: { keyHash }, signature, payer: key.payer, chainId })) {
      throw new KoinonError({
        code: 'gateway/bad-revocation',
        message: "The key's payer did not sign the revocation",
        details: { status: 403 },
      })
    }
    const revoked = { ...key, revokedAtMs: key.revokedAtMs ?? clock.nowMs() }
    // At once in memory: a stolen key must not work while the disk is slow.
    this.#keys.set(keyHash, revoked)
    this.#signers.delete(keyHash)
    await store.write([
      { sql: 'update gateway_keys set revoked_at_ms = ? where key_hash = ?', values: [revoked.revokedAtMs, keyHash] },
    ])
    return revoked
  }

  #signerOf(keyHash: Hex, secret: Uint8Array): VoucherSigner {
    const known = this.#signers.get(keyHash)
    if (known !== undefined) return known
    const signer = createVoucherSigner(deriveAuthorizerKey(secret), this.#options.book.domain)
    if (this.#signers.size >= maximumSigners) this.#signers.delete(this.#signers.keys().next().value as Hex)
    this.#signers.set(keyHash, signer)
    return signer
  }
}

function readSecret(authorization: string | undefined): Uint8Array {
  try {
    const secret = parseBearer(authorization)
    if (secret !== undefined) return secret
  } catch (cause) {
    throw unauthorized(
      'invalid_api_key',
      'The API key is malformed. A key is sk-koinon- and 43 characters; copy it again.',
      cause,
    )
  }
  throw unauthorized('missing_api_key', 'No API key was sent. Send the header "authorization: Bearer sk-koinon-...".')
}

function unauthorized(code: string, message: string, cause?: unknown): KoinonError {
  return openAiError({ status: 401, code, message, ...(cause === undefined ? {} : { cause }) })
}

function badGrant(problem: string): KoinonError {
  return new KoinonError({
    code: 'gateway/bad-grant',
    message: `The key grant does not hold: ${problem}`,
    details: { status: 403 },
  })
}

function recordOf(row: SqlRow): KeyRecord {
  return {
    keyHash: row['key_hash'] as Hex,
    channelId: row['channel_id'] as Hex,
    payer: row['payer'] as Hex,
    label: row['label'] as string,
    validUntil: row['valid_until'] as number,
    createdAtMs: row['created_at_ms'] as number,
    revokedAtMs: (row['revoked_at_ms'] ?? undefined) as number | undefined,
  }
}
