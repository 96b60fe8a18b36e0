import type {
  ArgumentSum,
  EventFilter,
  IndexedEvent,
  JobTotals,
  KeyedEvent,
  SummaryFilter,
} from '@koinon/ledger/indexer'
import { requestJson } from '../wallet/request-json.ts'

/** An answer of the index and the block up to which it holds. */
export type Indexed<result> = { readonly asOfBlock: number; readonly result: result }

/** Asks this home's indexer role. */
export type IndexClient = {
  position(): Promise<Indexed<{ readonly blockNumber: number }>>
  events(filter: EventFilter): Promise<Indexed<readonly IndexedEvent[]>>
  /** The newest event of each value of an argument, however old. */
  newest(filter: SummaryFilter): Promise<Indexed<readonly KeyedEvent[]>>
  /** The first event of each value of an argument. */
  first(filter: SummaryFilter): Promise<Indexed<readonly KeyedEvent[]>>
  /** Sums of an argument over all events that match. */
  sums(filter: SummaryFilter & { readonly sum: string }): Promise<Indexed<readonly ArgumentSum[]>>
  /** Sums over all jobs; `token` tells those in it from all others. */
  jobs(token: string): Promise<Indexed<readonly JobTotals[]>>
  transfers(params: {
    readonly contract: 'token' | 'dollar'
    readonly account: string
    readonly limit: number
  }): Promise<Indexed<readonly IndexedEvent[]>>
}

export function createIndexClient(url: string): IndexClient {
  const ask = <answer>(question: string, params: unknown): Promise<answer> =>
    requestJson<answer>(url, { method: 'POST', json: { ask: question, params } })
  return {
    position: () => ask('position', {}),
    events: (filter) => ask('events', filter),
    newest: (filter) => ask('newest', filter),
    first: (filter) => ask('first', filter),
    sums: (filter) => ask('sums', filter),
    jobs: (token) => ask('jobs', { token }),
    transfers: (params) => ask('transfers', params),
  }
}
