/** Extension `sign-in-with-x`, the seller's side (specs/0022-machine-payments.md section 6.1). */
import { createHmac } from 'node:crypto'
import {
  type Address,
  bytesToHex,
  type Clock,
  equalBytes,
  type Hex,
  KoinonError,
  type Random,
  recoverAddress,
  sha256Hex,
  utf8ToBytes,
  withDeadline,
} from '@koinon/base'
import type { DurableStore, SqlStatement } from '@koinon/base/node'
import type { LedgerReader } from '@koinon/ledger'
import { BaseError, ExecutionRevertedError, encodeFunctionData, parseAbi } from 'viem'
import type { ReturningBuyers } from '../../provider/returning-buyers.ts'
import type { WireRequest } from '../../provider/wire.ts'
import { decodeHeader, field, requireHex } from '../rules/header.ts'
import { type SignInMessage, signInDigest, signInExtension } from '../rules/sign-in.ts'

export const paidReturnsSchema = `
create table if not exists paid_returns (
  payer text not null,
  url_hash text not null,
  until_ms integer not null,
  primary key (payer, url_hash)
) strict, without rowid;`

export type PaidReturnsOptions = {
  /** Opened with `paidReturnsSchema` among its tables. */
  readonly store: DurableStore
  /** Asked for signatures of contracts (ERC-1271), of accounts that paid alone. */
  readonly reader: LedgerReader
  readonly chainId: number
  readonly origin: string
  /** How long a purchase may be come back to. */
  readonly keptMs: number
  readonly clock: Clock
  readonly random: Random
}

const challengeMs = 300_000
const mostAskedAtOnce = 8
const mostAnswersAtOnce = 64
const mostAnswersEach = 2
const askTimeoutMs = 5_000
/** Of a contract that looks at a signature. */
const signatureGas = 500_000n
const validSignature = '0x1626ba7e'
const forgetEvery = 1_024
const erc1271Abi = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])

/** Of pages (`GET`) that were sold whole: who paid for one signs a challenge, and gets it again for as long as the seller says. */
export class PaidReturns implements ReturningBuyers {
  readonly #options: PaidReturnsOptions
  /** Of this process alone, so that a challenge answered before a restart is not taken again after it. */
  readonly #key: Uint8Array
  /** Nonces whose signature held, with their ends, in the order of use. */
  readonly #used = new Map<string, number>()
  /** Answers under way, by payer and page. */
  readonly #underWay = new Set<string>()
  /** Contracts that are being asked for a signature. */
  readonly #asked = new Set<Address>()
  #purchases = 0

  constructor(options: PaidReturnsOptions) {
    this.#options = options
    this.#key = options.random(32)
  }

  /** For `extensions` of the x402 wire. */
  extension(request: WireRequest): Readonly<Record<string, unknown>> {
    if (!isPage(request)) return {}
    const { clock, random, chainId } = this.#options
    const issuedAt = new Date(clock.nowMs()).toISOString()
    const salt = bytesToHex(random(16)).slice(2)
    const { url } = request
    const info = this.#message(url, issuedAt, `${salt}${this.#tag(salt, issuedAt, url)}`)
    return {
      [signInExtension]: { info, supportedChains: [{ chainId: `eip155:${chainId}`, type: 'eip191' }], schema },
    }
  }

  async admit(request: WireRequest): Promise<(() => void) | undefined> {
    const header = request.headers[signInExtension]
    const signed = header === undefined || !isPage(request) ? undefined : readSigned(header)
    if (signed === undefined) return undefined
    const { url } = request
    const { address, nonce, issuedAt, signature } = signed
    const salt = nonce.slice(0, 32)
    const isOurs = equalBytes(utf8ToBytes(nonce.slice(32)), utf8ToBytes(this.#tag(salt, issuedAt, url)))
    const endsAtMs = Date.parse(issuedAt) + challengeMs
    if (!isOurs || endsAtMs <= this.#options.clock.nowMs() || !(await this.#hasPaid(address, url))) return undefined
    const { chainId } = this.#options
    const digest = signInDigest({ ...this.#message(url, issuedAt, nonce), address, chainId })
    if (this.#used.has(nonce) || !(await this.#isSigned(digest, address, signature))) return undefined
    const leave = this.#enter(address, url)
    if (this.#use(nonce, endsAtMs)) return leave
    leave()
    return undefined
  }

  purchase(request: WireRequest, payer: Address): SqlStatement | undefined {
    if (!isPage(request)) return undefined
    if (++this.#purchases % forgetEvery === 0) this.forget().catch(() => undefined)
    const { clock, keptMs } = this.#options
    return {
      sql: 'insert or replace into paid_returns (payer, url_hash, until_ms) values (?, ?, ?)',
      values: [payer, sha256Hex(request.url), clock.nowMs() + keptMs],
    }
  }

  /** Forgets purchases whose time is over. */
  async forget(): Promise<void> {
    await this.#options.store.write([
      { sql: 'delete from paid_returns where until_ms <= ?', values: [this.#options.clock.nowMs()] },
    ])
  }

  #message(url: string, issuedAt: string, nonce: string): Omit<SignInMessage, 'address' | 'chainId'> {
    const { host } = new URL(this.#options.origin)
    const statement = 'Come back to what was paid for'
    return { domain: host, uri: url, version: '1', nonce, issuedAt, statement }
  }

  #tag(salt: string, issuedAt: string, url: string): string {
    return createHmac('sha256', this.#key).update(`${salt}\n${issuedAt}\n${url}`).digest('hex').slice(0, 32)
  }

  async #hasPaid(payer: Address, url: string): Promise<boolean> {
    const { store, clock } = this.#options
    const rows = await store.read('select 1 from paid_returns where payer = ? and url_hash = ? and until_ms > ?', [
      payer,
      sha256Hex(url),
      clock.nowMs(),
    ])
    return rows.length > 0
  }

  /** Holds a place until what it gives back is called. */
  #enter(address: Address, url: string): () => void {
    const name = `${address} ${url}`
    const own = [...this.#underWay].filter((other) => other.startsWith(address)).length
    if (this.#underWay.has(name) || own >= mostAnswersEach || this.#underWay.size >= mostAnswersAtOnce) throw busy()
    this.#underWay.add(name)
    return () => void this.#underWay.delete(name)
  }

  /** False where it was used. */
  #use(nonce: string, endsAtMs: number): boolean {
    const nowMs = this.#options.clock.nowMs()
    for (const [oldest, ended] of this.#used) {
      if (ended > nowMs) break
      this.#used.delete(oldest)
    }
    if (this.#used.has(nonce)) return false
    this.#used.set(nonce, endsAtMs)
    return true
  }

  /** By the key of the account, else by what its contract says. */
  async #isSigned(digest: Uint8Array, address: Address, signature: Hex): Promise<boolean> {
    if (signer(digest, signature) === address) return true
    if (this.#asked.has(address) || this.#asked.size >= mostAskedAtOnce) throw busy()
    this.#asked.add(address)
    try {
      return await withDeadline(this.#asksContract(digest, address, signature), askTimeoutMs, 'Asking a contract')
    } catch (error) {
      if (error instanceof BaseError && error.walk((cause) => cause instanceof ExecutionRevertedError) !== null)
        return false
      throw busy()
    } finally {
      this.#asked.delete(address)
    }
  }

  async #asksContract(digest: Uint8Array, address: Address, signature: Hex): Promise<boolean> {
    const { reader } = this.#options
    if ((await reader.getCode({ address })) === undefined) return false
    const data = encodeFunctionData({ abi: erc1271Abi, args: [bytesToHex(digest), signature] })
    const { data: answered } = await reader.call({ to: address, data, gas: signatureGas })
    return answered?.startsWith(validSignature) === true
  }
}

function isPage({ method, body }: WireRequest): boolean {
  return method === 'GET' && body.length === 0
}

function busy(): KoinonError {
  return new KoinonError({
    code: 'payments/returns-busy',
    message: 'This page is on its way to you already, or nobody can look at your signature at this moment',
    hint: 'Wait for that answer, or try again in a second. Nothing was asked for.',
    retry: 'later',
    details: { status: 429 },
  })
}

function signer(digest: Uint8Array, signature: Hex): Address | undefined {
  try {
    return recoverAddress(digest, signature)
  } catch {
    return undefined
  }
}

/** What of a header is not the seller's own word. */
function readSigned(header: string) {
  try {
    const record = decodeHeader(header)
    const [nonce, issuedAt] = [field(record, 'nonce'), field(record, 'issuedAt')]
    if (typeof nonce !== 'string' || typeof issuedAt !== 'string' || nonce.length !== 64) return undefined
    const address: Address = requireHex(field(record, 'address'), 'address', 20)
    return { nonce, issuedAt, address, signature: requireHex(field(record, 'signature'), 'signature', 65, 4_096) }
  } catch {
    return undefined
  }
}

const text = { type: 'string' } as const
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    domain: text,
    address: text,
    uri: { type: 'string', format: 'uri' },
    version: text,
    chainId: text,
    type: text,
    nonce: text,
    issuedAt: { type: 'string', format: 'date-time' },
    statement: text,
    signature: text,
  },
  required: ['domain', 'address', 'uri', 'version', 'chainId', 'type', 'nonce', 'issuedAt', 'signature'],
} as const
