/** Whether what a listing sells asks for the price that the listing names. Nothing is paid. */
import { dollarDecimals, formatUnits, parseUnits } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { type Check, fail, notChecked, pass } from '@koinon/work'
import type { FetchedDocument } from './fetch-document.ts'

/** A service of an OpenAPI document that says it answers 402. */
export type PricedTool = {
  readonly name: string
  readonly url: string
  /** As the document names it; undefined where it names none. */
  readonly priceDollars?: string
  /** JSON Schema of its body; undefined where it names none, or one of more than 4 kB. */
  readonly input?: unknown
}

export type PaymentDemand = { readonly accepts: readonly Readonly<Record<string, unknown>>[] }

type Fields = Readonly<Record<string, unknown>>

const mostTools = 8
const mostSampleParts = 256
const mostSchemaCharacters = 4_096

/** Priced services in the OpenAPI document that an endpoint answered, at most 8, all at the endpoint's own origin. */
export function pricedTools(endpoint: string, openApi: Fields | undefined): readonly PricedTool[] {
  if (typeof openApi?.['openapi'] !== 'string') return []
  const { origin } = new URL(endpoint)
  const [server] = list(openApi['servers']).map((item) => String(fields(item)?.['url'] ?? ''))
  const base = server !== undefined && URL.canParse(server, endpoint) ? new URL(server, endpoint) : new URL(origin)
  return Object.entries(fields(openApi['paths']) ?? {})
    .flatMap(([path, item]): PricedTool[] => {
      const post = fields(fields(item)?.['post'])
      const demand = fields(fields(post?.['responses'])?.['402'])
      const url = `${base.href.replace(/\/$/, '')}${path}`
      if (demand === undefined || !URL.canParse(url) || new URL(url).origin !== origin) return []
      const price = /(\d{1,12}(?:\.\d{1,12})?) dollars/.exec(String(demand['description'] ?? ''))?.[1]
      const body = fields(fields(fields(post?.['requestBody'])?.['content'])?.['application/json'])
      return [
        {
          name: path.split('/').at(-1)?.slice(0, 100) || path.slice(0, 100),
          url,
          ...(price === undefined ? {} : { priceDollars: price }),
          ...(isShort(body?.['schema']) ? { input: body?.['schema'] } : {}),
        },
      ]
    })
    .slice(0, mostTools)
}

/** What an unpaid request to a priced service came to; `judgeTerms` says what its 402 asks for, and what is wrong or right with that. */
export function toolCheck(
  { network }: Pick<LedgerView, 'network'>,
  tool: PricedTool,
  answer: FetchedDocument | string,
  judgeTerms: (answer: FetchedDocument) => { readonly check: Check; readonly demand: PaymentDemand | undefined },
): Check {
  const { name, priceDollars } = tool
  if (typeof answer === 'string') return fail('tool', `${name}: ${answer}`)
  if (answer.status !== 402)
    return fail('tool', `${name} should ask to be paid before it works (answers ${answer.status})`)
  const { check, demand } = judgeTerms(answer)
  if (check.state === 'fail') return fail('tool', `${name}: ${check.detail}`)
  if (demand === undefined) return notChecked('tool', `${name} asks to be paid, in terms of MPP alone`)
  const inDollars = demand.accepts.filter(
    (item) =>
      item['network'] === `eip155:${network.chainId}` &&
      String(item['asset']).toLowerCase() === network.contracts.dollar.toLowerCase() &&
      /^\d{1,30}$/.test(String(item['amount'])),
  )
  if (inDollars.length === 0) return notChecked('tool', `${name} asks for other money than this network's dollars`)
  const asked = inDollars.map((item) => BigInt(String(item['amount'])))
  const most = dollars(asked.reduce((a, b) => (a > b ? a : b)))
  if (priceDollars === undefined)
    return notChecked('tool', `${name} asks for ${most} dollars; its listing names no price`)
  const listed = atomicOf(priceDollars)
  return asked.every((amount) => amount === listed)
    ? pass('tool', `${name} asks for ${most} dollars, as its listing says; nothing was paid`)
    : fail('tool', `${name} asks for ${most} dollars, and its listing says ${priceDollars}`)
}

/** The least that a JSON Schema takes, for a call that tries a service; a stranger's schema, so of no more than 256 parts. */
export function sampleOf(schema: unknown): unknown {
  return sampleWithin(schema, { left: mostSampleParts }, 0)
}

function sampleWithin(schema: unknown, parts: { left: number }, depth: number): unknown {
  const {
    type,
    properties,
    required,
    items,
    enum: values,
    const: only,
    default: usual,
    ...bounds
  } = fields(schema) ?? {}
  if (usual !== undefined) return usual
  if (only !== undefined) return only
  if (Array.isArray(values) && values.length > 0) return values[0]
  if (type === 'string') return sampleText(bounds)
  if (type === 'number' || type === 'integer') return sampleNumber(bounds)
  if (type === 'boolean') return true
  if (type === 'array') {
    const count = depth > 8 ? 0 : Math.min(numberOr(bounds['minItems'], 0), parts.left)
    return Array.from({ length: count }, () => (parts.left-- > 0 ? sampleWithin(items, parts, depth + 1) : null))
  }
  const sample: [string, unknown][] = []
  for (const name of depth > 8 ? [] : new Set(list(required).map(String))) {
    if (parts.left-- > 0) sample.push([name, sampleWithin(fields(properties)?.[name], parts, depth + 1)])
  }
  return Object.fromEntries(sample)
}

const usualText = 'a call that checks a listing'
const mostSampleLength = 1_000

/** No pattern is kept: which text it takes is not worth finding out. */
function sampleText({ minLength, maxLength }: Fields): string {
  const least = Math.min(numberOr(minLength, 0), mostSampleLength)
  return usualText.padEnd(least, '.').slice(0, numberOr(maxLength, mostSampleLength))
}

function sampleNumber({ minimum, exclusiveMinimum, maximum }: Fields): number {
  const least = Math.max(numberOr(minimum, 1), numberOr(exclusiveMinimum, 0) + 1)
  return Math.min(least, numberOr(maximum, least))
}

function numberOr(value: unknown, usual: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : usual
}

function atomicOf(priceDollars: string): bigint | undefined {
  try {
    return parseUnits(priceDollars, dollarDecimals)
  } catch {
    return undefined
  }
}

function dollars(atomic: bigint): string {
  return formatUnits(atomic, dollarDecimals)
}

/** Listings are kept by whoever shows them. */
function isShort(schema: unknown): boolean {
  return schema !== undefined && JSON.stringify(schema).length <= mostSchemaCharacters
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, 64) : []
}
