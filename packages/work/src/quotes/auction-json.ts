/** What a book tells of an auction, as JSON (specs/0024-jobs.md section 6). */
import { type Hex, KoinonError } from '@koinon/base'
import type { AuctionRecord } from './auction.ts'
import { parseEach } from './parse-each.ts'
import { parseQuote, quoteToJson } from './quote.ts'

export function auctionRecordToJson({ bids, sealed, revealed }: AuctionRecord): Readonly<Record<string, unknown>> {
  return {
    bids: bids.map(({ quote, atSeconds }) => ({ quote: quoteToJson(quote), atSeconds })),
    sealed,
    revealed: revealed.map(({ quote, salt, atSeconds }) => ({ quote: quoteToJson(quote), salt, atSeconds })),
  }
}

/** What does not parse is left out, not believed. */
export function parseAuctionRecord(json: Readonly<Record<string, unknown>>): AuctionRecord {
  return {
    bids: listOf(json.bids, (item) => ({ quote: parseQuote(item.quote), atSeconds: secondsOf(item) })),
    sealed: listOf(json.sealed, (item) => ({
      commitment: parseWord(item.commitment, 'commitment'),
      atSeconds: secondsOf(item),
    })),
    revealed: listOf(json.revealed, (item) => ({
      quote: parseQuote(item.quote),
      salt: parseWord(item.salt, 'salt'),
      atSeconds: secondsOf(item),
    })),
  }
}

/** 32 bytes in hex. Throws `work/bad-quote`. */
export function parseWord(value: unknown, field: string): Hex {
  if (typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)) return value as Hex
  throw new KoinonError({ code: 'work/bad-quote', message: `The bid's ${field} is not as it must be` })
}

function secondsOf({ atSeconds }: Readonly<Record<string, unknown>>): number {
  if (Number.isSafeInteger(atSeconds) && (atSeconds as number) >= 0) return atSeconds as number
  throw new KoinonError({ code: 'work/bad-quote', message: "The bid's atSeconds is not as it must be" })
}

const listOf = <value>(json: unknown, parse: (item: Readonly<Record<string, unknown>>) => value): readonly value[] =>
  parseEach(json, (item) => parse((item ?? {}) as Readonly<Record<string, unknown>>))
