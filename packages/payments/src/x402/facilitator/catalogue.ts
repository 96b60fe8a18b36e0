/**
 * What was paid for here, for others to find (bazaar discovery). A payer can pay itself and name any resource, so an entry says who was
 * paid for what and nothing more: what a resource costs its own 402 answer says.
 */
import type { Address, Clock } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { FacilitatorRequest } from './facilitator-wire.ts'

export const catalogueSchema = `
create table if not exists x402_resources (
  url text not null,
  pay_to text not null,
  entry text not null,
  settled integer not null,
  last_settled_at_ms integer not null,
  primary key (url, pay_to)
) strict, without rowid;
create index if not exists x402_resources_last on x402_resources (last_settled_at_ms);
`

export type CatalogueBounds = {
  readonly maximumEntries: number
  readonly entriesPerPayee: number
  /** An entry without a payment for so long is gone. */
  readonly expiresAfterMs: number
}

export const defaultCatalogueBounds: CatalogueBounds = {
  maximumEntries: 1_000,
  entriesPerPayee: 50,
  expiresAfterMs: 7 * 86_400_000,
}

const longestUrl = 512
const longestText = 300
const largestEntry = 8_192
const mostItems = 100

export class ResourceCatalogue {
  readonly #store: DurableStore
  readonly #clock: Clock
  readonly #bounds: CatalogueBounds

  constructor(store: DurableStore, clock: Clock, bounds: CatalogueBounds = defaultCatalogueBounds) {
    this.#store = store
    this.#clock = clock
    this.#bounds = bounds
  }

  /** Takes in what was just settled, where it names a resource of the web. */
  async record(request: FacilitatorRequest): Promise<void> {
    const entry = entryOf(request)
    if (entry === undefined) return
    const { payTo } = request.requirements
    const nowMs = this.#clock.nowMs()
    const { maximumEntries, entriesPerPayee, expiresAfterMs } = this.#bounds
    await this.#store.write([
      { sql: 'delete from x402_resources where last_settled_at_ms < ?', values: [nowMs - expiresAfterMs] },
      {
        sql: `insert into x402_resources (url, pay_to, entry, settled, last_settled_at_ms) values (?, ?, ?, 1, ?)
          on conflict (url, pay_to) do update set entry = excluded.entry, settled = settled + 1,
          last_settled_at_ms = excluded.last_settled_at_ms`,
        values: [entry.resource, payTo, JSON.stringify(entry), nowMs],
      },
      trim('where pay_to = ?', entriesPerPayee, [payTo]),
      trim('', maximumEntries, []),
    ])
  }

  /** A page in the shape of `GET /discovery/resources`, newest payments first. */
  async list(query: {
    readonly type: string | null
    readonly limit: number
    readonly offset: number
    readonly payTo?: Address
  }) {
    const since = this.#clock.nowMs() - this.#bounds.expiresAfterMs
    const isKnownType = query.type === null || query.type === 'http'
    const where = `where last_settled_at_ms >= ? ${query.payTo === undefined ? '' : 'and pay_to = ?'}`
    const values = [since, ...(query.payTo === undefined ? [] : [query.payTo])]
    const limit = Math.min(Math.max(1, query.limit), mostItems)
    const [count] = await this.#store.read(`select count(*) as total from x402_resources ${where}`, values)
    const rows = isKnownType
      ? await this.#store.read(
          `select entry, settled, last_settled_at_ms from x402_resources ${where}
            order by last_settled_at_ms desc, url limit ? offset ?`,
          [...values, limit, Math.max(0, query.offset)],
        )
      : []
    const items = rows.map((row) => ({
      ...(JSON.parse(row['entry'] as string) as Record<string, unknown>),
      lastUpdated: new Date(row['last_settled_at_ms'] as number).toISOString(),
      settledPayments: row['settled'],
    }))
    return {
      x402Version: 2,
      items,
      pagination: { limit, offset: query.offset, total: isKnownType ? Number(count?.['total'] ?? 0) : 0 },
    }
  }
}

function trim(where: string, kept: number, values: readonly string[]) {
  const newest = `select url, pay_to from x402_resources ${where} order by last_settled_at_ms desc, url limit -1 offset ${kept}`
  return { sql: `delete from x402_resources where (url, pay_to) in (${newest})`, values: [...values] }
}

function entryOf(request: FacilitatorRequest) {
  const { resource, requirementsJson, extensions } = request
  const url = resource === undefined ? undefined : publicUrl(resource['url'])
  if (resource === undefined || url === undefined) return undefined
  const entry = {
    resource: url,
    type: 'http',
    x402Version: 2,
    accepts: [requirementsJson],
    ...texts(resource, ['description', 'mimeType', 'serviceName']),
    ...(extensions['bazaar'] === undefined ? {} : { extensions: { bazaar: extensions['bazaar'] } }),
  }
  return JSON.stringify(entry).length > largestEntry ? undefined : entry
}

function texts(resource: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = resource[name]
      return typeof value === 'string' && value.length <= longestText ? [[name, value]] : []
    }),
  )
}

/** Without credentials, query or fragment, which may hold a payer's secrets. */
function publicUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longestUrl || !URL.canParse(value)) return undefined
  const { protocol, origin, pathname, username } = new URL(value)
  if ((protocol !== 'http:' && protocol !== 'https:') || username !== '') return undefined
  return `${origin}${pathname}`
}
