import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import { type ChannelConfig, maximumAtomic, parseChannelConfig } from '../channel.ts'
import type { BudgetIntent, ChannelRail, ExactRail, HireJobIntent, UpToRail } from './intent.ts'
import { parseBudgetGrant } from './parse-grant.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Checks an intent from anywhere, a model's tool call included, and gives back only the members it knows. Amounts are decimal text or
 * bigint. Throws `payments/bad-budget-intent`, `payments/bad-channel` and `payments/bad-budget-grant`.
 */
export function parseBudgetIntent(json: unknown): BudgetIntent {
  if (typeof json !== 'object' || json === null) throw badIntent('not an object')
  const value = json as Json
  const id = bytes(value, 'id', 32)
  const kind = value['kind']
  if (kind === 'grantChild') return { kind, id, grant: parseBudgetGrant(value['grant']) }
  const terms = {
    id,
    service: text(value, 'service', /^[!-~]{1,200}$/),
    receiver: account(value, 'receiver'),
    asset: account(value, 'asset'),
    amountAtomic: amount(value, 'amountAtomic', 1n),
    termsHash: bytes(value, 'termsHash', 32),
  }
  switch (kind) {
    case 'transfer':
      return { kind, ...terms }
    case 'fundJob':
      return { kind, ...terms, target: account(value, 'target'), jobId: amount(value, 'jobId', 0n) }
    case 'hireJob':
      return {
        ...{ kind, ...terms, target: account(value, 'target') },
        ...{ job: jobOf(value['job']), quote: quoteOf(value['quote']) },
      }
    case 'deposit':
      return { kind, ...terms, channel: channelOf(value['channel'], terms) }
    case 'payCall':
      return {
        kind,
        ...terms,
        method: text(value, 'method', /^[A-Z]{1,16}$/),
        path: plainPath(value['path']),
        rail: railOf(value['rail'], terms),
      }
    default:
      throw badIntent('kind')
  }
}

const mostDescriptionBytes = 2_048

function jobOf(json: unknown): HireJobIntent['job'] {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Json
  if (value['jobId'] !== undefined) return { jobId: amount(value, 'jobId', 1n) }
  const { description, expiredAtSeconds } = value
  if (typeof description !== 'string' || new TextEncoder().encode(description).length > mostDescriptionBytes)
    throw badIntent('description')
  if (!Number.isSafeInteger(expiredAtSeconds) || (expiredAtSeconds as number) <= 0) throw badIntent('expiredAtSeconds')
  return {
    evaluator: account(value, 'evaluator'),
    hook: toAddress(bytes(value, 'hook', 20)),
    expiredAtSeconds: expiredAtSeconds as number,
    description,
  }
}

function quoteOf(json: unknown): HireJobIntent['quote'] {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Json
  const { deadlineSeconds, nonce } = value
  if (!Number.isSafeInteger(deadlineSeconds) || (deadlineSeconds as number) <= 0) throw badIntent('deadlineSeconds')
  const isText = typeof nonce === 'string' && /^(0|[1-9]\d{0,77})$/.test(nonce)
  if (!isText && typeof nonce !== 'bigint') throw badIntent('nonce')
  const number = BigInt(nonce)
  if (number < 0n || number >> 256n !== 0n) throw badIntent('nonce')
  const signature = text(value, 'signature', /^0x([0-9a-f]{2}){65,1024}$/) as Hex
  return { deadlineSeconds: deadlineSeconds as number, nonce: number, signature }
}

type Terms = { readonly receiver: Address; readonly asset: Address }

function railOf(json: unknown, terms: Terms): ChannelRail | ExactRail | UpToRail {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Json
  if (value['kind'] === 'channel') {
    return {
      kind: 'channel',
      channel: channelOf(value['channel'], terms),
      cumulativeAtomic: amount(value, 'cumulativeAtomic', 1n),
    }
  }
  const { kind, validBefore, nonce } = value
  const isTime = Number.isSafeInteger(validBefore) && (validBefore as number) > 0
  if ((kind !== 'exact' && kind !== 'upTo') || !isTime) throw badIntent('rail')
  const end = { validBefore: validBefore as number }
  if (kind === 'upTo') return { kind, ...end, facilitator: account(value, 'facilitator') }
  return { kind, ...end, ...(nonce === undefined ? {} : { nonce: bytes(value, 'nonce', 32) }) }
}

/** The channel must pay whom the intent names, in what it names. */
function channelOf(json: unknown, { receiver, asset }: Terms): ChannelConfig {
  const channel = parseChannelConfig(json)
  if (channel.receiver !== receiver) throw badIntent('the channel pays another receiver')
  if (channel.token !== asset) throw badIntent('the channel holds another asset')
  return channel
}

/** A path that can be read in one way only: no escapes, no dot segments, no empty segments, no query. */
function plainPath(path: unknown): string {
  const isPlain = typeof path === 'string' && path.length <= 500 && /^\/[A-Za-z0-9._~!$&'()+,;=:@/-]*$/.test(path)
  if (!isPlain || path.includes('//') || path.split('/').some((part) => part === '.' || part === '..')) {
    throw badIntent('path')
  }
  return path
}

function text(value: Json, name: string, shape: RegExp): string {
  const given = value[name]
  if (typeof given !== 'string' || !shape.test(given)) throw badIntent(name)
  return given
}

function bytes(value: Json, name: string, length: number): Hex {
  const given = value[name]
  const isHex = typeof given === 'string' && given.length === 2 + 2 * length && /^0x[0-9a-fA-F]+$/.test(given)
  if (!isHex) throw badIntent(name)
  return given.toLowerCase() as Hex
}

function account(value: Json, name: string): Address {
  const address = toAddress(bytes(value, name, 20))
  if (/^0x0{40}$/.test(address)) throw badIntent(`${name} is the zero address`)
  return address
}

function amount(value: Json, name: string, minimum: bigint): bigint {
  const given = value[name]
  const isText = typeof given === 'string' && /^(0|[1-9][0-9]{0,38})$/.test(given)
  if (!isText && typeof given !== 'bigint') throw badIntent(name)
  const parsed = BigInt(given)
  if (parsed < minimum || parsed > maximumAtomic) throw badIntent(name)
  return parsed
}

function badIntent(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/bad-budget-intent',
    message: `The intent is malformed: ${problem}`,
    hint: 'A budget signs for typed intents only: payCall, deposit, fundJob, hireJob, transfer, grantChild.',
  })
}
