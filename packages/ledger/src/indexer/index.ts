export { type IndexDatabase, type OpenIndexDatabase, openEmbeddedIndex, openPostgresIndex } from './database.ts'
export { Indexer, type IndexerOptions, type IndexPosition } from './indexer.ts'
export { type JobTotals, jobStepEvents, sumJobs } from './job-totals.ts'
export { type EventFilter, findEvents, findTransfers, type IndexedEvent } from './queries.ts'
export {
  type ArgumentSum,
  findFirstEvents,
  findNewestEvents,
  type KeyedEvent,
  type SummaryFilter,
  sumArguments,
} from './summaries.ts'
