/** What the paths of an API cost: one price, and a small file for paths of their own. */
import { dollarDecimals, KoinonError, parseUnits } from '@koinon/base'

export type PriceRule = {
  /** A path, or the beginning of one before a last `*`. */
  readonly path: string
  /** Any method when left out. */
  readonly method?: string
  /** 0 is free. */
  readonly priceAtomic: bigint
}

/** The first rule that fits counts. */
export type PriceList = { readonly defaultAtomic: bigint; readonly rules: readonly PriceRule[] }

/** 10,000 dollars: what is dearer is not a call. */
const mostAtomic = 10n ** BigInt(dollarDecimals + 4)
const mostRules = 1_000

/** A price in dollars with up to six decimals. Throws `usage/bad-price`. */
export function parsePrice(text: string): bigint {
  const priceAtomic = /^\d{1,5}(\.\d{1,6})?$/.test(text) ? parseUnits(text, dollarDecimals) : -1n
  if (priceAtomic >= 0n && priceAtomic <= mostAtomic) return priceAtomic
  throw new KoinonError({
    code: 'usage/bad-price',
    message: `A price is dollars from 0 to 10000 with up to six decimals, not "${text.slice(0, 40)}"`,
    hint: 'For example --price 0.001',
  })
}

/** Rules of a file `{"rules": [{"path": "/v1/*", "method": "POST", "price": "0.01"}]}`. Throws `usage/bad-prices` and `usage/bad-price`. */
export function parsePriceRules(json: unknown): readonly PriceRule[] {
  const rules = typeof json === 'object' && json !== null ? (json as { rules?: unknown }).rules : undefined
  if (!Array.isArray(rules) || rules.length > mostRules)
    throw badPrices(`it has no list "rules" of at most ${mostRules}`)
  return rules.map((rule: unknown, index) => {
    const { path, method, price } = (typeof rule === 'object' && rule !== null ? rule : {}) as Record<string, unknown>
    if (typeof path !== 'string' || !isPattern(path))
      throw badPrices(`rule ${index + 1} has no path that begins with /`)
    if (method !== undefined && (typeof method !== 'string' || !/^[A-Z]{3,10}$/.test(method))) {
      throw badPrices(`rule ${index + 1} has a method that is none, in capitals`)
    }
    if (typeof price !== 'string') throw badPrices(`rule ${index + 1} has no price in quotes`)
    return { path, priceAtomic: parsePrice(price), ...(method === undefined ? {} : { method }) }
  })
}

/** Paths that cost nothing, before all other rules. Throws `usage/bad-prices`. */
export function freeRules(paths: readonly string[]): readonly PriceRule[] {
  return paths.map((path) => {
    if (!isPattern(path)) throw badPrices(`--free takes a path that begins with /, not "${path.slice(0, 80)}"`)
    return { path, priceAtomic: 0n }
  })
}

/**
 * What a request costs. The path is that of the URL as it goes to the upstream, without the query. Many servers serve `/Dear`, `/dear/` and
 * `/de%61r` as `/dear`, so of the price as it is written and as such a server reads it the dearer counts.
 */
export function priceOf(list: PriceList, method: string, path: string): bigint {
  const written = firstOf(list, method, (pattern) => fits(pattern, path))
  const read = looseForm(path)
  const shorter = read.replace(/\/$/, '')
  const loose = firstOf(list, method, (pattern) => fits(looseForm(pattern), read) || fits(looseForm(pattern), shorter))
  return loose > written ? loose : written
}

function firstOf({ defaultAtomic, rules }: PriceList, method: string, isFit: (pattern: string) => boolean): bigint {
  const rule = rules.find((each) => (each.method === undefined || each.method === method) && isFit(each.path))
  return rule?.priceAtomic ?? defaultAtomic
}

function looseForm(path: string): string {
  return decodeURIComponent(path).toLowerCase()
}

/**
 * True when upstream and price list read a path alike. What some servers decode to another path (`/free/..%2Fdear`, `//dear`, `/a;x/b`)
 * would be sold at the wrong price.
 */
export function isPlainPath(path: string): boolean {
  return path.startsWith('/') && isDecodable(path) && !/%(2e|2f|5c|00|25|3b)|\\|\/\/|;|\/\.\.?(\/|$)/i.test(path)
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function fits(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

function isPattern(path: string): boolean {
  return path.length <= 1024 && isPlainPath(path) && !path.slice(0, -1).includes('*')
}

function badPrices(problem: string): KoinonError {
  return new KoinonError({
    code: 'usage/bad-prices',
    message: `The prices cannot be used: ${problem}`,
    hint: 'A file of prices: {"rules": [{"path": "/v1/*", "method": "POST", "price": "0.01"}]}',
  })
}
